import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toolMsMax } from '../limits.ts';

const execute = promisify(execFile);

/**
 * Runs a tool to its end, which `signal` brings about. @throws an Error with its stderr, or saying
 * that it is not installed
 */
export async function runTool(
  file: string,
  argv: readonly string[],
  environment: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await execute(file, argv, { timeout: toolMsMax, env: environment, signal });
  } catch (error) {
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (code === 'ENOENT')
      throw new Error(`${file} is not installed; ./hatchery up as root installs it`, {
        cause: error,
      });
    const reason =
      killed === true ? `it took longer than ${toolMsMax / 1000} s` : firstLine(stderr ?? '');
    throw new Error(`${file} ${argv[0] ?? ''} failed: ${reason ?? (error as Error).message}`, {
      cause: error,
    });
  }
}

/** A tool's own explanation comes first; what follows is for its authors. */
function firstLine(text: string): string | null {
  return text.split('\n').find((line) => line.trim() !== '') ?? null;
}
