import { runPart } from '@hatchery/daemon';
import { createDashboard } from './dashboard.ts';

process.exitCode = await runPart(
  'dashboard',
  process.argv.slice(2),
  (context) => createDashboard(context),
  ['overlap'],
  ['page', 'proxy'],
);
