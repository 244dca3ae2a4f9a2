import { bench } from './bench.ts';
import { readCommandLine, usage, UsageError } from './command-line.ts';
import { figures } from './figures/all.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interrupted.abort());

process.exitCode = await run(process.argv.slice(2));

async function run(argv: readonly string[]): Promise<number> {
  try {
    const commandLine = readCommandLine(argv, figures);
    if (commandLine.help) process.stdout.write(usage(figures));
    else await bench({ ...commandLine, signal: interrupted.signal });
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.stderr.write('bench: interrupted; everything that was started has been stopped\n');
      // 128 and the number of SIGINT, as a shell reports it.
      return 130;
    }
    process.stderr.write(`bench: ${(error as Error).message.replaceAll('\n', ' ')}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
