import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkoutDirectory } from '@hatchery/daemon';
import { serviceStartMsMax } from '../limits.ts';
import { within } from '../sessions/deadline.ts';
import { host } from '../stand/destination.ts';
import { plainEnvironment } from '../stand/environment.ts';
import { ServiceProcess } from '../stand/service-process.ts';
import { Crowd } from './crowd.ts';

const startPollMs = 50;

const main = join(checkoutDirectory, 'apps/dashboard/server/src/main.ts');

/** The dashboard as a process of its own, over a feed of a crowd. */
export class ServedDashboard implements AsyncDisposable {
  readonly crowd: Crowd;
  readonly url: string;
  readonly pid: number;
  readonly #service: ServiceProcess;

  static async start(directory: string, signal: AbortSignal): Promise<ServedDashboard> {
    mkdirSync(directory, { recursive: true });
    const configFile = join(directory, 'hatchery.toml');
    writeFileSync(
      configFile,
      `state_dir = ${JSON.stringify(join(directory, 'state'))}\nruntime_dir = ${JSON.stringify(directory)}\n[dashboard]\nlisten = "${host}:0"\nanonymous = "viewer"\n`,
    );
    const crowd = await Crowd.serve(join(directory, 'control.sock'));
    const argv = [process.execPath, main, '--config', configFile] as const;
    const logFile = join(directory, 'dashboard.log');
    const service = new ServiceProcess({
      argv: [...argv],
      environment: plainEnvironment(directory),
      logFile,
    });
    try {
      const { pid, details } = await within(
        record(directory, service, signal),
        serviceStartMsMax,
        'no dashboard in time',
      );
      return new ServedDashboard({ crowd, service, url: details.url, pid });
    } catch (error) {
      await service[Symbol.asyncDispose]();
      await crowd[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor({
    crowd,
    service,
    url,
    pid,
  }: Pick<ServedDashboard, 'crowd' | 'url' | 'pid'> & { readonly service: ServiceProcess }) {
    this.crowd = crowd;
    this.url = url;
    this.pid = pid;
    this.#service = service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.crowd[Symbol.asyncDispose]();
  }
}

/** The record of a part that is ready. */
interface PartRecord {
  readonly pid: number;
  readonly details: { readonly url: string };
}

async function record(
  directory: string,
  service: ServiceProcess,
  signal: AbortSignal,
): Promise<PartRecord> {
  const path = join(directory, 'state', 'parts', 'dashboard.json');
  while (!existsSync(path)) {
    if (service.hasEnded) throw new Error(`the dashboard did not start: ${service.lastWords}`);
    await delay(startPollMs, undefined, { signal });
  }
  return JSON.parse(readFileSync(path, 'utf8')) as PartRecord;
}
