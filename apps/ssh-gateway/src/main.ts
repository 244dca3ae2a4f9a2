import { runPart } from '@hatchery/daemon';
import { createGateway } from './gateway.ts';
import { runWorkerProcess } from './worker/worker-process.ts';

const argv = process.argv.slice(2);

process.exitCode = argv.includes('--worker')
  ? await runWorkerProcess()
  : await runPart('ssh-gateway', argv, createGateway, ['overlap'], ['ssh', 'status']);
