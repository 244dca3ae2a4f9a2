import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '@hatchery/config';
import { partStopMarginMs } from '../limits.ts';
import type { PartName } from '../service/part.ts';
import { endKeeper } from './end-keeper.ts';
import type { Generation } from './generation.ts';
import type { Manner, Place } from './part-process.ts';
import { describeReady, type Ready } from './ready.ts';
import { SupervisedPart } from './supervised-part.ts';

/** What parts are started with. */
export interface PartsContext {
  readonly config: Config;
  readonly place: Place;
  /** Ends a start half way. */
  readonly aborted: AbortSignal;
  /** Makes the end of a failed one urgent. */
  readonly urgent: AbortSignal;
  readonly say: (line: string) => void;
}

/** Who hears how parts come up beside others. */
export interface SuccessionTold {
  readonly progress: (line: string) => void;
  readonly failed: (error: Error) => void;
}

/**
 * The three parts of one version and configuration, fewer in the midst of a start; each is started
 * again when it ends by itself.
 */
export class Parts implements Generation {
  readonly ready: Ready;
  /** Never: they are this process's own. */
  readonly lost = new Promise<never>(() => undefined);
  /** In the order of their start. */
  readonly #parts: readonly SupervisedPart[];
  readonly #drainMs: number;
  readonly #say: (line: string) => void;

  private constructor(parts: readonly SupervisedPart[], { config, say }: PartsContext) {
    this.#parts = parts;
    this.#drainMs = 1000 * config.forker.childrenTimeoutS;
    this.#say = say;
    this.ready = describeReady(config, parts);
  }

  /**
   * The forker first: a gateway that is ready before it would refuse its first users. @throws
   * {PartStartError} the first; then none runs
   */
  static async start(context: PartsContext): Promise<Parts> {
    return Parts.#inSteps(context, [['forker'], ['ssh-gateway', 'dashboard']], 'fresh');
  }

  /**
   * Starts them beside those that run. The forker last: once it is ready its predecessor has gone,
   * which cannot be taken back, whereas the others only share a port until then. `actor` is who
   * wants it, for the audit. `failed` hears at once when they do not come up, and why; those that
   * run go on then.
   * @throws {PartStartError} the same, when those that had come up have ended
   */
  static async succeed(context: PartsContext, actor: string, told: SuccessionTold): Promise<Parts> {
    return Parts.#inSteps(
      context,
      [['dashboard'], ['ssh-gateway'], ['forker']],
      { besideFor: actor },
      told,
    );
  }

  static async #inSteps(
    context: PartsContext,
    steps: readonly (readonly PartName[])[],
    manner: Manner,
    told?: SuccessionTold,
  ): Promise<Parts> {
    const started: SupervisedPart[] = [];
    try {
      for (const names of steps) {
        told?.progress(`starting ${names.join(' and ')}`);
        await startTogether(names, context, manner, started);
      }
      return new Parts(started, context);
    } catch (error) {
      told?.failed(error as Error);
      await new Parts(started, context).stop(context.urgent);
      // Its forker may have been killed in the midst of its start. Sessions are of a service before
      // this one.
      await endKeeper(context.config, context.say, 'spare');
      throw error;
    }
  }

  /**
   * The gateway first, so that its sessions still have a forker; then the forker; the page last, to
   * show it. All of it becomes urgent when the deadline for children has passed, or somebody asks
   * twice.
   */
  async stop(urgent: AbortSignal): Promise<void> {
    const ordered = (['ssh-gateway', 'forker', 'dashboard'] as const).map((name) =>
      this.#part(name),
    );
    const late = new AbortController();
    const either = AbortSignal.any([urgent, late.signal]);
    const deadline = setTimeout(() => late.abort(), this.#drainMs);
    const kill = setTimeout(() => this.#killAll(), this.#drainMs + partStopMarginMs);
    try {
      for (const part of ordered) await part?.stop(either);
    } finally {
      clearTimeout(deadline);
      clearTimeout(kill);
    }
  }

  /** The forker goes by itself, when it has told its last client what it knows. */
  async retire(urgent: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const kill = async (): Promise<void> => {
      await aborted(urgent);
      await delay(partStopMarginMs, undefined, { signal: ended.signal, ref: false });
      this.#killAll();
    };
    kill().catch(() => undefined);
    await Promise.all(
      this.#parts.map((part) =>
        part.name === 'forker' ? part.release(urgent) : part.stop(urgent),
      ),
    );
    ended.abort();
  }

  #part(name: PartName): SupervisedPart | undefined {
    return this.#parts.find((part) => part.name === name);
  }

  #killAll(): void {
    for (const part of this.#parts) {
      if (part.kill()) this.#say(`${part.name} did not stop within its deadline and was killed`);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** All or none: the first that fails ends the others, ready or not. */
async function startTogether(
  names: readonly PartName[],
  context: PartsContext,
  manner: Manner,
  started: SupervisedPart[],
): Promise<void> {
  const failing = new AbortController();
  const either = AbortSignal.any([context.aborted, failing.signal]);
  const starts = names.map(async (name) =>
    SupervisedPart.start(name, { ...context, manner, aborted: either }),
  );
  const failures: unknown[] = [];
  await Promise.all(
    starts.map(async (start) => {
      try {
        started.push(await start);
      } catch (error) {
        failures.push(error);
        failing.abort();
      }
    }),
  );
  // The others only failed because of the first.
  if (failures.length > 0) throw failures[0];
}
