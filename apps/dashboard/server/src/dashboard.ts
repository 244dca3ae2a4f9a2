import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { controlSocketPath } from '@hatchery/config';
import { readPartRecord, StartError, type Part, type PartContext } from '@hatchery/daemon';
import type { LiveMessage } from '@hatchery/events';
import { linkFeed, type FeedLink } from './feed/feed-link.ts';
import { closeListener, listen, type Listener } from './http/listener.ts';
import { loadPageFiles, type PageFiles } from './http/page-files.ts';
import { answer } from './http/routes.ts';
import { signInPage } from './http/sign-in-page.ts';
import { History } from './history/history.ts';
import { Recorder } from './history/recorder.ts';
import { auditWriteMsMax, drainMsMax, eventsKeptMax, heartbeatMs, historyBytesMax, usageHz } from './limits.ts';
import { Broadcast } from './live/broadcast.ts';
import { LiveEndpoint } from './live/web-socket.ts';
import { LiveLog } from './read-model/live-log.ts';
import { Progress } from './read-model/progress.ts';
import { readingsOf } from './readings.ts';
import { tokenAccess } from './sign-in/access.ts';
import { pageUrl } from './sign-in/host-names.ts';
import { newSecret, Sessions, type Person } from './sign-in/sessions.ts';

/** Where `vite build` of the page puts it. */
const builtPage = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** What the dashboard needs of a {@link PartContext}. `overlap` lets it share the port of one that runs, until that stops. */
export type DashboardContext = Pick<PartContext, 'config' | 'log'> & Partial<Pick<PartContext, 'options'>>;

/**
 * The dashboard's server, ready as soon as it serves the page; a forker that is away is shown there, and dialled for ever.
 * @throws {StartError} when the page is not built, the address is taken or the kind of sign-in does not exist yet
 */
export async function createDashboard(
  { config, log, options }: DashboardContext,
  pageDirectory: string = builtPage,
): Promise<Part> {
  if (config.dashboard.auth !== 'token') {
    throw new StartError(`auth = "${config.dashboard.auth}" under [dashboard] is not available yet; use "token"`);
  }
  const page = loadPageFiles(pageDirectory);
  const before = options?.['overlap'] === 'yes' ? readPartRecord(config, 'dashboard') : null;
  const listener = await listen(config.dashboard.listen, before);
  const token = newSecret();
  const feedSocket = controlSocketPath(config);
  const history = openHistory(join(config.stateDirectory, 'dashboard', 'history.db'), log);
  const live = startLive(feedSocket, history, log);
  const endpoint = attach(listener, { live, history, page, token, controlSocket: feedSocket, log });
  const url = pageUrl(listener.address);
  log.info({ url }, 'page is served');
  const ended = Promise.withResolvers<void>();
  let stopping: Promise<void> | null = null;
  return {
    details: { url, signInUrl: `${url}sign-in?token=${token}` },
    stop: (urgent) => {
      if (urgent) cutOff(listener, endpoint);
      stopping ??= stopAll(listener, live, endpoint, history).then(ended.resolve, ended.reject);
    },
    finished: ended.promise,
  };
}

/** A history that cannot be written is told and tried again: the page of what is now does not need it. */
function openHistory(path: string, log: DashboardContext['log']): History {
  return new History({ path, bytesMax: historyBytesMax }, ({ problem, waiting, lost, movedAside }) => {
    if (problem !== null) log.error({ problem, waiting, lost, path }, 'the history is not written');
    else log.info({ path, lost, movedAside }, 'the history is written');
  });
}

/** The way from the feed to the browsers. */
interface Live extends AsyncDisposable {
  readonly log: LiveLog;
  readonly broadcast: Broadcast;
  readonly progress: Progress;
  readonly feed: FeedLink;
}

function startLive(controlSocket: string, history: History, log: DashboardContext['log']): Live {
  const liveLog = new LiveLog({ epoch: randomUUID(), eventsKept: eventsKeptMax });
  const broadcast = new Broadcast(liveLog, () => performance.now());
  const progress = new Progress();
  const recorder = new Recorder(() => Date.now());
  const beat = (): void => {
    const now = new Date();
    broadcast.beat(now.toISOString(), feed.state, progress.stuck(liveLog.view, now.getTime()));
  };
  const feed = linkFeed(controlSocket, {
    message: (message) => {
      const records = recorder.take(message, liveLog.view);
      if (records.length > 0) history.keep(records);
      const told = liveLog.fold(message);
      if (told !== null) broadcast.publish(told);
    },
    changed: (state) => {
      if (state.up) log.info('feed is up');
      else log.warn({ reason: state.reason }, 'feed is down');
      beat();
    },
  });
  const rounds = setInterval(() => {
    const usage = liveLog.closeRound();
    if (usage?.type !== 'usage') return;
    for (const sample of usage.samples) progress.note(sample);
    broadcast.publishUsage(usage);
  }, 1_000 / usageHz);
  const beats = setInterval(beat, heartbeatMs);
  return {
    log: liveLog,
    broadcast,
    progress,
    feed,
    [Symbol.asyncDispose]: async () => {
      clearInterval(rounds);
      clearInterval(beats);
      await feed[Symbol.asyncDispose]();
      // 1001: the page dials again, and finds the next dashboard.
      broadcast.closeAll(1001, 'the dashboard is stopping');
    },
  };
}

interface Attached {
  readonly live: Live;
  readonly history: History;
  readonly page: PageFiles;
  readonly token: string;
  readonly controlSocket: string;
  readonly log: DashboardContext['log'];
}

function attach(
  { server, address }: Listener,
  { live, history, page, token, controlSocket, log }: Attached,
): LiveEndpoint {
  const sessions = new Sessions(token, () => performance.now());
  const access = tokenAccess(address, sessions);
  const { broadcast, progress } = live;
  const readings = readingsOf({
    log: live.log,
    broadcast,
    progress,
    feed: () => live.feed.state,
    history,
    build: page.build,
  });
  const routes = {
    access,
    page,
    readings,
    controlSocket,
    signInPage: signInPage(sessions, address.port),
    history,
    trail: {
      write: (records: Parameters<History['keepNow']>[0]) => history.keepNow(records, auditWriteMsMax),
      log: log.info.bind(log),
    },
  };
  const hello = ({ role }: Person): LiveMessage => ({
    type: 'hello',
    epoch: live.log.position.epoch,
    serverTime: new Date().toISOString(),
    hz: usageHz,
    role,
    build: page.build,
    host: hostname(),
    feed: live.feed.state,
  });
  const endpoint = new LiveEndpoint({ access, broadcast, hello });
  server.on('upgrade', (request, socket, head) => endpoint.upgrade(request, socket, head));
  server.on('request', (request, response) => {
    answer(routes, request, response).catch((error: unknown) => {
      log.error({ err: error }, 'request failed');
      response.destroy();
    });
  });
  return endpoint;
}

/** Takes no new connection, lets answers under way and closing handshakes finish for a moment, then cuts off the rest. */
async function stopAll(listener: Listener, live: Live, endpoint: LiveEndpoint, history: History): Promise<void> {
  await live[Symbol.asyncDispose]();
  const timer = setTimeout(() => cutOff(listener, endpoint), drainMsMax);
  await closeListener(listener);
  clearTimeout(timer);
  await history[Symbol.asyncDispose]();
}

function cutOff({ server }: Listener, endpoint: LiveEndpoint): void {
  server.closeAllConnections();
  endpoint.terminate();
}
