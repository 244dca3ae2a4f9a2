import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { readOnlyPath, readReadOnly, type Config } from '@hatchery/config';
import { createFile, makeDirectories, modes, versionedText } from '@hatchery/daemon';
import type { ReadOnlyState } from '@hatchery/events';

/** The actor for `hosting.read_only`: removing the setting ends what it began. */
const configActor = 'hatchery.toml';

const configReason = 'it is set in the configuration';

/**
 * Whether writing is allowed: one file, which every session checks before each change. So the
 * switch takes effect at once for running sessions, for those spawned without this service, and
 * after a restart, without a message to anybody.
 */
export class ReadOnlySwitch {
  readonly #config: Config;
  readonly #path: string;

  constructor(config: Config) {
    this.#config = config;
    this.#path = readOnlyPath(config);
  }

  /**
   * Null when the service takes changes. A file that cannot be parsed counts as read-only, as for
   * sessions.
   */
  get state(): ReadOnlyState | null {
    return readReadOnly(this.#config);
  }

  /** True when `hosting.read_only` is set, which {@link turnOff} does not override. */
  get isConfigured(): boolean {
    return this.#config.hosting.readOnly;
  }

  /**
   * Applies the configuration, and keeps what an operator switched before. @throws the system's
   * error when it cannot be written
   */
  restore(now: Date): void {
    const { state } = this;
    if (this.isConfigured && state === null)
      this.#write({ reason: configReason, since: now.toISOString(), actor: configActor });
    if (!this.isConfigured && state?.actor === configActor) this.turnOff();
  }

  /**
   * From now on no session changes anything; if it is already on, it gets the new reason. @throws
   * the system's error
   */
  turnOn(reason: string, actor: string, now: Date): void {
    this.#write({ reason, since: this.state?.since || now.toISOString(), actor });
  }

  /** @throws the system's error */
  turnOff(): void {
    rmSync(this.#path, { force: true });
  }

  /** Replaced whole: a session reads the old file or the new one. */
  #write(state: ReadOnlyState): void {
    makeDirectories(dirname(this.#path), modes.sessionsDirectory);
    const scratch = `${this.#path}.new.${process.pid}`;
    createFile(scratch, versionedText('readOnly', state), modes.publicFile);
    renameSync(scratch, this.#path);
  }
}
