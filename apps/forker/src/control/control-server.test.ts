// Long: a test for each route of one server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controlBodyBytesMax, controlRequest } from '@hatchery/event-feed';
import { RawClient, temporaryDirectory } from '@hatchery/testkit';
import { createControlServer, type ControlContext } from './control-server.ts';
import { audit, raw, who, withControl } from './control.test-support.ts';

describe('the control socket', () => {
  it('tells the state', async () => {
    await withControl(async ({ bench, path }) => {
      const child = await bench.fork();
      const state = (await controlRequest(path, 'GET', '/v1/state?x=1')) as Record<string, unknown>;
      assert.deepEqual(
        [state['epoch'], state['seq'], state['version'], state['uptimeS']],
        ['e1', 1, '0', 1],
      );
      assert.deepEqual(Object.keys((state['view'] as { children: object }).children), [child.id]);
    });
  });

  it('signals a child, and has on record who wanted it before it is done, and what came of it after', async () => {
    await withControl(async ({ bench, post, published }) => {
      const { id, pid } = await bench.fork();
      const answer = await post(`/v1/children/${id}/signal`, { ...who, signal: 'SIGTERM', pid });
      assert.match(JSON.stringify(answer), /^\{"actionId":"[0-9a-f-]{36}","outcome":"sent"\}$/);
      assert.deepEqual(bench.otherRequests, [{ request: 'signal', id, signal: 15 }]);
      assert.deepEqual(audit(published.slice(1)), [
        ['action.requested', 'ops', 'signal SIGTERM', id, 'runaway'],
        'child.stopping',
        ['action.done', 'sent'],
      ]);
    });
  });

  it('answers 404 for a child that never was, and 409 for one that has ended', async () => {
    await withControl(async ({ bench, post, published }) => {
      const { id } = await bench.fork();
      bench.exit(id, 0);
      const signal = { ...who, signal: 'SIGTERM' };
      await assert.rejects(post('/v1/children/nobody/signal', signal), {
        status: 404,
        message: 'there is no child nobody',
      });
      await assert.rejects(post('/v1/children/%zz/signal', signal), { status: 404 });
      await assert.rejects(post(`/v1/children/${id}/signal`, signal), {
        status: 409,
        message: /has ended already/,
      });
      assert.ok(!published.some(({ kind }) => kind.startsWith('action.')));
    });
  });

  it('answers 412 when the child is not the process that was looked at', async () => {
    await withControl(async ({ bench, post }) => {
      const { id, pid } = await bench.fork();
      for (const other of [{ pid: pid + 1 }, { startTime: 1 }, { pid, startTime: 'x' }]) {
        await assert.rejects(
          post(`/v1/children/${id}/signal`, { ...who, signal: 'SIGTERM', ...other }),
          {
            status: 412,
          },
        );
      }
      assert.deepEqual(bench.otherRequests, []);
    });
  });

  it('answers 400 for a signal that is none', async () => {
    await withControl(async ({ bench, post }) => {
      const { id } = await bench.fork();
      for (const signal of ['TERM', 'SIGNONSENSE', 15, undefined, 'constructor']) {
        await assert.rejects(
          post(`/v1/children/${id}/signal`, { ...who, signal }),
          { status: 400 },
          String(signal),
        );
      }
    });
  });

  it('drains and takes up again, on record', async () => {
    await withControl(async ({ bench, post, published }) => {
      await post('/v1/drain');
      assert.equal(bench.service.intake.isDraining, true);
      assert.equal(bench.events.view.draining, true);
      await post('/v1/undrain');
      assert.equal(bench.service.intake.isDraining, false);
      assert.deepEqual(audit(published), [
        ['action.requested', 'ops', 'drain', 'forker', 'runaway'],
        'forker.draining',
        ['action.done', 'done'],
        ['action.requested', 'ops', 'undrain', 'forker', 'runaway'],
        'forker.draining',
        ['action.done', 'done'],
      ]);
    });
  });

  it('drains until when it is told, and refuses a deadline that is none', async () => {
    await withControl(async ({ bench, path, post, published }) => {
      for (const deadlineS of [-1, 604_801, '60', null])
        await assert.rejects(post('/v1/drain', { ...who, deadlineS }), {
          status: 400,
          message: /at most a week/,
        });
      assert.deepEqual([bench.service.intake.isDraining, published], [false, []]);
      await post('/v1/drain', { ...who, deadlineS: 3600 });
      const { drainDeadline } = bench.events.view;
      assert.ok(Date.parse(drainDeadline ?? '') > Date.now() + 3_000_000);
      const told = await controlRequest(path, 'GET', '/v1/drained');
      assert.deepEqual(told, {
        drained: true,
        orders: 1,
        deadline: drainDeadline,
        reason: 'runaway',
        outage: null,
      });
    });
  });

  // An undrain during a stop made the service take new sessions that it was about to end.
  it('takes up nothing again once the service stops', async () => {
    await withControl(async ({ bench, post, published }) => {
      bench.service.intake.beginStop();
      for (const path of ['/v1/undrain', '/v1/drain']) {
        await assert.rejects(post(path), { status: 409, message: /the service stops/ });
      }
      assert.equal(bench.service.intake.isDraining, true);
      assert.deepEqual(audit(published), ['forker.draining']);
    });
  });

  // The gateway follows it, and must not send its clients away because the service is started anew.
  it('says whether an operator has drained it, and nothing of a stop', async () => {
    await withControl(async ({ bench, post, path }) => {
      const outage = null;
      const drained = async (): Promise<unknown> => controlRequest(path, 'GET', '/v1/drained');
      assert.deepEqual(await drained(), {
        drained: false,
        orders: 0,
        deadline: null,
        reason: null,
        outage,
      });
      await post('/v1/drain');
      const deadline = bench.events.view.drainDeadline;
      assert.deepEqual(await drained(), {
        drained: true,
        orders: 1,
        deadline,
        reason: 'runaway',
        outage,
      });
      await post('/v1/undrain');
      bench.service.intake.beginStop();
      assert.deepEqual(await drained(), {
        drained: false,
        orders: 2,
        deadline: null,
        reason: null,
        outage,
      });
    });
  });

  it('begins a restart, on record, and no second one', async () => {
    await withControl(async ({ bench, post, published }) => {
      await post('/v1/restart');
      assert.equal(bench.service.intake.isStopping, true);
      await assert.rejects(post('/v1/restart'), { status: 409, message: /the service stops/ });
      assert.deepEqual(audit(published), [
        ['action.requested', 'ops', 'restart', 'forker', 'runaway'],
        ['action.done', 'begun'],
      ]);
    });
  });

  it('hands over to a process that has offered itself, on record, and to no other', async () => {
    await withControl(async ({ post, published }) => {
      await post('/v1/hand-over', { ...who, pid: 7 });
      await assert.rejects(post('/v1/hand-over', { ...who, pid: 8 }), {
        status: 409,
        message: 'no offer',
      });
      await assert.rejects(post('/v1/hand-over', { ...who, pid: '7' }), { status: 400 });
      assert.deepEqual(audit(published), [
        ['action.requested', 'ops', 'hand over', 'forker', 'runaway'],
        ['action.done', 'begun'],
        ['action.requested', 'ops', 'hand over', 'forker', 'runaway'],
        ['action.done', 'refused: no offer'],
      ]);
    });
  });

  it('lets requests wait until there is somebody to ask', async () => {
    await withControl(async ({ bench }) => {
      using directory = temporaryDirectory();
      const waiting = Promise.withResolvers<ControlContext>();
      const server = createControlServer(waiting.promise).listen(
        join(directory.path, 'early.sock'),
      );
      await once(server, 'listening');
      const early = controlRequest(join(directory.path, 'early.sock'), 'GET', '/v1/state');
      const { service, events, log } = bench;
      const { locks, leftovers, readOnly, load } = {} as ControlContext;
      const [leave, handOver, outage] = [
        (): void => undefined,
        (): Promise<void> => Promise.resolve(),
        () => null,
      ];
      waiting.resolve({
        service,
        locks,
        leftovers,
        readOnly,
        events,
        log,
        load,
        leave,
        handOver,
        outage,
        status: () => ({ uptimeS: 7 }),
      });
      assert.equal(((await early) as { uptimeS: number }).uptimeS, 7);
      server.close();
    });
  });

  it('acts for nobody without a name and a reason', async () => {
    await withControl(async ({ bench, post, published }) => {
      for (const body of [
        {},
        { actor: 'ops' },
        { reason: 'x' },
        { actor: '', reason: 'x' },
        { actor: 1, reason: 'x' },
        [],
      ]) {
        await assert.rejects(post('/v1/drain', body), { status: 400, message: /actor and reason/ });
      }
      assert.deepEqual([bench.service.intake.isDraining, published], [false, []]);
    });
  });

  it('tells what a child has logged, also when it has ended, and 404 of one that never was', async () => {
    await withControl(async ({ bench, path }) => {
      const { id } = await bench.fork();
      const told = (): Promise<unknown> => controlRequest(path, 'GET', `/v1/children/${id}/log`);
      assert.deepEqual(await told(), { lines: [], cut: false });
      bench.service.logs.add(id, 'Traceback\nKeyError\n', new Date(0));
      const [at, texts] = ['1970-01-01T00:00:00.000Z', ['Traceback', 'KeyError']];
      assert.deepEqual(await told(), { lines: texts.map((text) => ({ at, text })), cut: false });
      bench.exit(id, 0);
      assert.deepEqual(await told(), { lines: texts.map((text) => ({ at, text })), cut: false });
      await assert.rejects(controlRequest(path, 'GET', '/v1/children/none/log'), { status: 404 });
    });
  });

  it('answers 404 for other paths, and 405 for other methods', async () => {
    await withControl(async ({ path, post }) => {
      await assert.rejects(post('/v1/nonsense'), { status: 404 });
      await assert.rejects(post('/v1/children/a/b/signal'), { status: 404 });
      await assert.rejects(controlRequest(path, 'GET', '/v1/drain'), { status: 405 });
      const head = 'HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
      assert.match(await raw(path, `DELETE /v1/state ${head}`), /^HTTP\/1\.1 405 /);
    });
  });

  it('answers 400 for a body that is no JSON object, or is too long', async () => {
    await withControl(async ({ path, post }) => {
      await assert.rejects(post('/v1/drain', { ...who, more: 'x'.repeat(controlBodyBytesMax) }), {
        status: 400,
      });
      const head =
        'POST /v1/drain HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\n';
      for (const body of ['null', 'oops', '1234'])
        assert.match(await raw(path, head + body), /^HTTP\/1\.1 400 /, body);
    });
  });

  // `new URL('//', …)` throws, and took the whole service with it.
  it('outlives paths that are none', async () => {
    await withControl(async ({ path }) => {
      for (const target of ['//', '/%', 'http://', '*']) {
        const answer = await raw(
          path,
          `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
        );
        assert.match(answer, /^HTTP\/1\.1 40[05] /, target);
      }
    });
  });

  it('outlives a client that leaves in the middle of its body', async () => {
    await withControl(async ({ path, post, bench }) => {
      const client = await RawClient.connect(path);
      client.send('POST /v1/drain HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"actor"');
      client[Symbol.dispose]();
      await post('/v1/drain');
      assert.equal(bench.service.intake.isDraining, true);
    });
  });
});
