import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { readScriptLocks } from '@hatchery/script-locks';
import { assertNothingLeft, takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import type { Baseline, TemporaryDirectory } from '@hatchery/testkit';
import { RunningCommand, type CommandEnd } from './lock.ts';

/** What tests of `hatchery lock` do in their own state directories. */
export interface LockStage {
  readonly stateDirectory: () => string;
  readonly locksDirectory: () => string;
  /** The file that ends what {@link startHolder} started. */
  readonly go: () => string;
  /** Starts `hatchery lock` with these arguments. */
  readonly start: (...words: string[]) => RunningCommand;
  /** Runs it to its end. */
  readonly run: (...words: string[]) => Promise<CommandEnd>;
  /** A holder that waits for the file `go`. Its script runs first, and prints whatever it likes. */
  readonly startHolder: (name: string, script?: string) => Promise<RunningCommand>;
}

/**
 * Gives each test of a file its own state directory, and fails a test that leaves a process or a
 * file behind.
 */
export function useLockStage(): LockStage {
  let directory: TemporaryDirectory;
  let baseline: Baseline;
  beforeEach(() => {
    baseline = takeBaseline();
    directory = temporaryDirectory();
  });
  afterEach(async () => {
    await assertNothingLeft(directory.path, baseline);
    directory[Symbol.dispose]();
  });
  const stateDirectory = (): string => directory.path;
  const locksDirectory = (): string => join(directory.path, 'locks');
  const go = (): string => join(directory.path, 'go');
  const start = (...words: string[]): RunningCommand => RunningCommand.lock(directory.path, words);
  const run = async (...words: string[]): Promise<CommandEnd> => {
    using command = start(...words);
    return await command.ended();
  };
  const startHolder = async (name: string, script = ''): Promise<RunningCommand> => {
    // It mentions the directory, so that a test that leaves it behind fails.
    const command = start(
      name,
      '--',
      'sh',
      '-c',
      `${script} echo held; until [ -e '${go()}' ]; do sleep 0.02; done`,
    );
    await command.says(/held/);
    // Until the command's record is written, hatchery stands for it.
    await until('its record', () => {
      const holder = readScriptLocks(locksDirectory()).find((lock) => lock.name === name)?.holder
        ?.pid;
      return holder !== undefined && holder !== command.pid;
    });
    return command;
  };
  return { stateDirectory, locksDirectory, go, start, run, startHolder };
}
