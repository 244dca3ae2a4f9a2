import { setTimeout as delay } from 'node:timers/promises';
import { controlRequest } from '@hatchery/event-feed';
import { cpuMilliseconds } from '../memory/process-cpu.ts';
import { forkedSessions, type ForkedSession } from '../sessions/forked-session.ts';
import { Crowd } from '../sessions/crowd.ts';
import { timeHello } from '../sessions/hello.ts';
import type { Figure, Readings } from './figure.ts';

/** Small, so that ten times as many requests fit beside them on a small machine. */
const childrenMax = 50;

/** How long each session of the crowd stays open; the places then take fifty sessions a second. */
const heldMs = 1_000;

/** Ten times what they can take. */
const requestsPerSecond = (10 * 1000 * childrenMax) / heldMs;

const names = { calm: 'calm', overloaded: 'ten times too many requests' } as const;

/** The promise under overload, for 99 of 100. */
const helloMsMax = 100;
const refusalMsMax = 50;

/** Whether the service stays usable when far too many clients ask. */
export const overload: Figure = {
  name: 'overload',
  title: `${requestsPerSecond} requests a second for ${childrenMax} places, each held for ${heldMs} ms`,
  needs: ['/usr/bin/brz'],
  async measure(stand, { quick, progress }) {
    const limits = { max_children: childrenMax, max_children_per_user: 10 * childrenMax };
    await using hatchery = await stand.startHatchery({ pool_size: 2, ...limits });
    const { signal } = stand;
    const { forkerSocket } = hatchery;
    const seconds = quick ? 4 : 8;
    const running = await forkedSessions(forkerSocket)(signal);
    const forker = (await hatchery.parts(signal)).get('forker');
    if (forker === undefined) throw new Error('there is no forker');
    const probe = new Probe(forkerSocket, forker, running, signal);
    progress(0, 2);
    const calm = await probe.during(1000 * seconds);
    progress(1, 2);
    const crowd = new Crowd({ socket: forkerSocket, requestsPerSecond, heldMs, signal });
    const overloaded = await probe.during(1000 * seconds);
    const { served, refused, refusalsMs, firstRepliesMs } = await crowd.end();
    progress(2, 2);
    const own = await answerTimes(hatchery.controlSocket);
    await running.end();
    const ms = { unit: 'ms', better: 'lower' } as const;
    const both = (pick: (probed: Probed) => readonly number[]) => [
      { name: names.calm, rounds: [pick(calm)] },
      { name: names.overloaded, rounds: [pick(overloaded)] },
    ];
    const limit = (atMost: number) => [
      { kind: 'p99-limit', name: names.overloaded, atMost } as const,
    ];
    const median = (atMost: number) => [{ kind: 'limit', name: names.overloaded, atMost } as const];
    const crowded = (values: readonly number[]) => [{ name: names.overloaded, rounds: [values] }];
    return {
      comparisons: [
        {
          ...ms,
          title: 'hello',
          series: both(({ helloMs }) => helloMs),
          targets: limit(helloMsMax),
        },
        {
          ...ms,
          title: 'reply of a running session',
          series: both(({ replyMs }) => replyMs),
          targets: [],
        },
        { ...ms, title: 'refusal', series: crowded(refusalsMs), targets: limit(refusalMsMax) },
        {
          ...ms,
          title: 'refusal, p99 by the clock of the service',
          series: crowded([own.refusal.p99Ms]),
          targets: median(refusalMsMax),
        },
        {
          ...ms,
          title: 'hello, p99 by the clock of the service',
          series: crowded([own.hello.p99Ms]),
          targets: median(helloMsMax),
        },
        {
          title: 'what the forker uses of a core',
          unit: '% of a core',
          better: 'lower',
          series: both(({ corePercent }) => [corePercent]),
          targets: [],
        },
        {
          ...ms,
          title: 'first reply of those served',
          series: crowded(firstRepliesMs),
          targets: [],
        },
      ],
      readings: rates(served / seconds, refused / seconds),
    };
  },
};

/**
 * The service's own times of its answers: from the accepted connection to the last byte written.
 */
interface AnswerTimes {
  readonly hello: { readonly p99Ms: number };
  readonly refusal: { readonly p99Ms: number };
}

/**
 * The clients share the cores with the service and are the larger load; this is the service's own
 * part.
 */
async function answerTimes(controlSocket: string): Promise<AnswerTimes> {
  const state = (await controlRequest(controlSocket, 'GET', '/v1/state')) as {
    answerTimes: AnswerTimes;
  };
  return state.answerTimes;
}

interface Probed {
  /**
   * The forker's use of a core during the test: the one figure here that other work on the machine
   * does not change.
   */
  readonly corePercent: number;
  readonly helloMs: readonly number[];
  readonly replyMs: readonly number[];
}

/** Repeatedly asks for a hello and for a reply of a running session. */
class Probe {
  readonly #socket: string;
  readonly #forker: number;
  readonly #running: ForkedSession;
  readonly #signal: AbortSignal;

  constructor(socket: string, forker: number, running: ForkedSession, signal: AbortSignal) {
    this.#socket = socket;
    this.#forker = forker;
    this.#running = running;
    this.#signal = signal;
  }

  async during(durationMs: number): Promise<Probed> {
    const helloMs: number[] = [];
    const replyMs: number[] = [];
    const [startedAtMs, cpuMs] = [performance.now(), cpuMilliseconds(this.#forker)];
    const until = startedAtMs + durationMs;
    while (performance.now() < until) {
      helloMs.push(await timeHello(this.#socket, this.#signal));
      replyMs.push(await this.#running.reply());
      await delay(10, undefined, { signal: this.#signal });
    }
    const corePercent =
      (100 * (cpuMilliseconds(this.#forker) - cpuMs)) / (performance.now() - startedAtMs);
    return { corePercent, helloMs, replyMs };
  }
}

function rates(served: number, refused: number): Readings {
  const rows = [{ name: 'ten times too many requests', values: { served, refused } }];
  return { title: 'what became of them', unit: 'a second', rows };
}
