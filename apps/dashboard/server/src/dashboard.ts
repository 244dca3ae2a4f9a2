// Long: it wires the parts of the page and does nothing else.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import {
  auditDirectory,
  controlSocketPath,
  gatewayControlSocketPath,
  readReadOnly,
} from '@hatchery/config';
import {
  currentHalt,
  describeHalt,
  type Part,
  type PartContext,
  readPartRecord,
} from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import type { FeedState, ForkerLoad, LiveMessage, ReadOnlyState } from '@hatchery/events';
import { signInKeyPath } from '@hatchery/sign-in-links';
import { forkerKeepsEvents } from './actions/forker-action.ts';
import { PageAudit } from './actions/page-audit.ts';
import { History } from './history/history.ts';
import { askLoad } from './http/forker-load.ts';
import { closeListener, listen, listenOnPassed, type Listener } from './http/listener.ts';
import { loadPageFiles, type PageFiles } from './http/page-files.ts';
import { listenForProxy, takeProxySocket, type ProxySocket } from './http/proxy-socket.ts';
import { RequestBudget } from './http/request-budget.ts';
import { answer, type RoutesParts } from './http/routes.ts';
import { auditWriteMsMax, drainMsMax, historyBytesMax, usageHz } from './limits.ts';
import { LiveEndpoint } from './live/web-socket.ts';
import { readingsOf } from './readings.ts';
import { sourcesOf } from './sign-in/networks.ts';
import { openSignIn } from './sign-in/open-sign-in.ts';
import type { Refusal } from './sign-in/access.ts';
import type { Person } from './sign-in/person.ts';
import type { SignIn } from './sign-in/sign-in.ts';
import { startLive, type Live } from './watch.ts';

/** Where `vite build` of the page puts it. */
const builtPage = fileURLToPath(new URL('../../web/dist', import.meta.url));

/**
 * What the dashboard needs of a {@link PartContext}. `overlap` lets it share the port of one that
 * runs, until that stops.
 */
export type DashboardContext = Pick<PartContext, 'config' | 'log'> &
  Partial<Pick<PartContext, 'options' | 'sockets'>>;

/**
 * The dashboard's server, ready as soon as it serves the page; a forker that is away is shown
 * there, and dialled for ever.
 * @throws {StartError} when the page is not built, an address is taken or the secret of a client
 * cannot be read
 */
export async function createDashboard(
  context: DashboardContext,
  pageDirectory: string = builtPage,
): Promise<Part> {
  const { config, log } = context;
  const { dashboard } = config;
  const page = loadPageFiles(pageDirectory);
  const { listener, proxySocket } = await openSockets(context);
  const servers = [listener.server, ...(proxySocket === null ? [] : [proxySocket.server])];
  const now = (): number => Date.now();
  const isOverSocket = (socket: Socket): boolean => proxySocket?.has(socket) === true;
  const places = {
    keyPath: signInKeyPath(config),
    storePath: join(config.stateDirectory, 'dashboard', 'sign-in.db'),
  };
  const failed = (err: Error): void =>
    log.error({ err, directory: auditDirectory(config) }, 'audit not written');
  const pageAudit = new PageAudit({ directory: auditDirectory(config), failed });
  const audit = (entry: AuditBody): void => pageAudit.append(entry);
  const parts = { dashboard, address: listener.address, isOverSocket, log, now, audit, ...places };
  const signIn = await openSignIn(parts).catch((error: unknown) => {
    proxySocket?.release();
    for (const server of servers) server.close();
    throw error;
  });
  const controlSocket = controlSocketPath(config);
  const history = openHistory(config, log);
  // The file that sessions look at before each change is the truth, also while the fork service is
  // away.
  const readOnly = (): ReadOnlyState | null => readReadOnly(config);
  const gatewayControlSocket = gatewayControlSocketPath(config);
  const halted = (part: string): string | null => {
    const halt = currentHalt(config, part);
    return halt === null ? null : describeHalt(halt);
  };
  const live = startLive(
    { forker: controlSocket, gateway: gatewayControlSocket, readOnly, halted },
    history,
    log,
  );
  const endpoint = attach(servers, {
    live,
    history,
    page,
    signIn,
    controlSocket,
    readOnly,
    log,
    audit,
    metricsFrom: dashboard.metricsFrom,
    drainTimeoutS: config.forker.childrenTimeoutS,
  });
  const url = signIn.site.home;
  log.info({ url, auth: dashboard.auth }, 'page is served');
  const ended = Promise.withResolvers<void>();
  const running = { servers, live, endpoint, history, signIn, pageAudit };
  let stopping: Promise<void> | null = null;
  return {
    details: {
      url,
      signInUrl: signIn.link ?? url,
      listen: listener.address,
      proxySocket: dashboard.proxy.socket,
    },
    stop: (urgent) => {
      if (urgent) cutOff(running);
      proxySocket?.release();
      stopping ??= stopAll(running).then(ended.resolve, ended.reject);
    },
    finished: ended.promise,
  };
}

/** Those that were passed to us, and those of our own for what is missing. @throws {StartError} */
async function openSockets({ config, options, sockets }: DashboardContext): Promise<{
  readonly listener: Listener;
  readonly proxySocket: ProxySocket | null;
}> {
  const { dashboard } = config;
  const before = options?.['overlap'] === 'yes' ? readPartRecord(config, 'dashboard') : null;
  const passed = { page: sockets?.one('page') ?? null, proxy: sockets?.one('proxy') ?? null };
  const { socket: path } = dashboard.proxy;
  const own = path === null ? null : () => listenForProxy(path, before);
  const proxySocket =
    passed.proxy === null ? ((await own?.()) ?? null) : await takeProxySocket(passed.proxy);
  try {
    const { listen: address } = dashboard;
    const listener =
      passed.page === null
        ? await listen(address, before)
        : await listenOnPassed(passed.page, address);
    return { listener, proxySocket };
  } catch (error) {
    proxySocket?.release();
    proxySocket?.server.close();
    throw error;
  }
}

/**
 * A history that cannot be written is told and tried again: the page of what is now does not need
 * it.
 */
function openHistory(config: DashboardContext['config'], log: DashboardContext['log']): History {
  const path = join(config.stateDirectory, 'dashboard', 'history.db');
  return new History(
    { path, bytesMax: historyBytesMax, auditDirectory: auditDirectory(config) },
    ({ problem, waiting, lost, movedAside }) => {
      if (problem !== null)
        log.error({ problem, waiting, lost, path }, 'the history is not written');
      else log.info({ path, lost, movedAside }, 'the history is written');
    },
  );
}

interface Attached {
  readonly controlSocket: string;
  readonly live: Live;
  readonly history: History;
  readonly page: PageFiles;
  readonly signIn: SignIn;
  readonly readOnly: () => ReadOnlyState | null;
  readonly metricsFrom: readonly string[];
  readonly drainTimeoutS: number;
  readonly log: DashboardContext['log'];
  readonly audit: (entry: AuditBody) => void;
}

function attach(
  servers: readonly Server[],
  {
    live,
    history,
    page,
    signIn,
    controlSocket,
    readOnly,
    metricsFrom,
    drainTimeoutS,
    log,
    audit,
  }: Attached,
): LiveEndpoint {
  const budget = new RequestBudget(() => performance.now());
  const { broadcast, progress } = live;
  const feed = (): FeedState => live.feed.state;
  const gateway = (): FeedState => live.gateway.state;
  const { build } = page;
  const load = (): Promise<ForkerLoad | null> => askLoad(controlSocket);
  const told = { log: live.log, broadcast, progress, feed, gateway, readOnly, load };
  const readings = readingsOf({ ...told, history, build, signIn, budget });
  const trail = {
    write: (records: Parameters<History['keepNow']>[0]) =>
      history.keepNow(records, auditWriteMsMax),
    forkerKeeps: () => forkerKeepsEvents(controlSocket),
    log: log.info.bind(log),
    audit,
  };
  const isScraper = sourcesOf(metricsFrom);
  const liveRefusal = (person: Person): Refusal | null => endpoint.refusalFor(person);
  const routes = {
    liveRefusal,
    isScraper,
    signIn,
    budget,
    page,
    readings,
    controlSocket,
    history,
    trail,
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
    drainTimeoutS,
  });
  const endpoint = new LiveEndpoint({ signIn, broadcast, hello });
  signIn.whenChanged(() => endpoint.review());
  for (const server of servers) serve(server, routes, endpoint, log);
  return endpoint;
}

function serve(
  server: Server,
  routes: RoutesParts,
  endpoint: LiveEndpoint,
  log: DashboardContext['log'],
): void {
  const { site } = routes.signIn;
  server.on('upgrade', (request, socket, head) => {
    site.mount(request);
    endpoint.upgrade(request, socket, head);
  });
  server.on('request', (request, response) => {
    site.mount(request);
    answer(routes, request, response).catch((error: unknown) => {
      log.error({ err: error }, 'request failed');
      response.destroy();
    });
  });
}

interface Running {
  readonly servers: readonly Server[];
  readonly live: Live;
  readonly endpoint: LiveEndpoint;
  readonly history: History;
  readonly signIn: SignIn;
  readonly pageAudit: PageAudit;
}

/**
 * Takes no new connection, lets answers under way and closing handshakes finish for a moment, then
 * cuts off the rest.
 */
async function stopAll(running: Running): Promise<void> {
  const { servers, live, history, signIn, pageAudit } = running;
  await live[Symbol.asyncDispose]();
  const timer = setTimeout(() => cutOff(running), drainMsMax);
  await Promise.all(servers.map((server) => closeListener({ server })));
  clearTimeout(timer);
  await Promise.all([history[Symbol.asyncDispose](), signIn[Symbol.asyncDispose]()]);
  pageAudit[Symbol.dispose]();
}

function cutOff({ servers, endpoint }: Pick<Running, 'servers' | 'endpoint'>): void {
  for (const server of servers) server.closeAllConnections();
  endpoint.terminate();
}
