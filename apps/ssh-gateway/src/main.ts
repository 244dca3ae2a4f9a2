import { runPart } from '@hatchery/daemon';
import { createGateway } from './gateway.ts';

process.exitCode = await runPart('ssh-gateway', process.argv.slice(2), createGateway);
