import { runCommand } from './run-command.ts';

// `hatchery children | head -1` closes our end: nobody is left to tell anything.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
});

// Without anybody who can be told, a command does what it was asked to all the same.
process.stderr.on('error', () => undefined);

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  print: (text) => void process.stdout.write(text),
  say: (line) => void process.stderr.write(`hatchery: ${line}\n`),
});
