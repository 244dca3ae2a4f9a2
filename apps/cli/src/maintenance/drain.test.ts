import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery } from '../../test-support/terminal.ts';

const deadline = '2100-01-01T00:00:00.000Z';

/** Fork service and gateway as far as a drain asks them. The gateway follows after some looks. */
class Service implements AsyncDisposable {
  /** What was asked, in this order. */
  readonly asked: string[] = [];
  /** Whether the gateway hears the fork service. */
  follows = true;
  readonly #state = temporaryDirectory();
  readonly #stack = new AsyncDisposableStack();
  #draining = false;
  /** Looks at the gateway until it follows. */
  #looks = 3;

  constructor() {
    mkdirSync(join(this.#state.path, 'run'), { recursive: true });
  }

  get arguments(): string[] {
    return ['--state-dir', this.#state.path];
  }

  /** What was more than a look. */
  get orders(): string[] {
    return this.asked.filter((one) => !one.endsWith('GET /v1/state'));
  }

  /** Its place among all that was asked. */
  get firstOrder(): number {
    return this.asked.findIndex((one) => !one.endsWith('GET /v1/state'));
  }

  async startForker(): Promise<void> {
    await this.#listen('control.sock', 'forker', (path) => {
      if (path === '/v1/state')
        return { view: { draining: this.#draining, drainDeadline: deadline } };
      this.#draining = path === '/v1/drain';
      this.#looks = 3;
      return { actionId: '1', outcome: 'done' };
    });
  }

  async startGateway(): Promise<void> {
    await this.#listen('gateway.sock', 'gateway', () => {
      if (this.follows) this.#looks -= 1;
      const drains = this.#looks > 0 ? !this.#draining : this.#draining;
      const drainDeadline = drains ? deadline : null;
      return { state: drains ? 'draining' : 'open', drainDeadline, sessions: [] };
    });
  }

  async #listen(name: string, part: string, answer: (path: string) => object): Promise<void> {
    const server = createServer((request, response) => {
      this.asked.push(`${part} ${request.method ?? ''} ${request.url ?? ''}`);
      response.end(JSON.stringify(answer(request.url ?? '')));
    });
    server.listen(join(this.#state.path, 'run', name));
    await once(server, 'listening');
    this.#stack.defer(() => void server.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    this.#state[Symbol.dispose]();
  }
}

describe('hatchery drain', () => {
  it('asks the fork service alone, and returns when the gateway does what that one says', async () => {
    await using service = new Service();
    await service.startForker();
    await service.startGateway();
    for (const verb of ['drain', 'undrain']) {
      service.asked.length = 0;
      const { code, said } = await hatchery(verb, ...service.arguments);
      assert.deepEqual([code, said], [0, []]);
      const [orders, others] = [service.orders, service.asked.slice(service.firstOrder + 1)];
      assert.deepEqual(orders, [`forker POST /v1/${verb}`]);
      assert.ok(others.filter((one) => one.startsWith('gateway')).length >= 3, 'it waited');
    }
  });

  it('fails when the fork service is down, says that, and leaves the gateway alone', async () => {
    await using service = new Service();
    await service.startGateway();
    for (const verb of ['drain', 'undrain']) {
      const { code, said } = await hatchery(verb, ...service.arguments);
      assert.equal(code, 1);
      assert.match(said.join(), /no fork service answers on .*; start one with/);
    }
    assert.deepEqual(service.orders, []);
  });

  it('names a gateway that does not follow, and has drained the service all the same', async () => {
    await using service = new Service();
    await service.startForker();
    await service.startGateway();
    service.follows = false;
    const { code, said } = await hatchery('drain', ...service.arguments);
    assert.equal(code, 0);
    assert.match(said.join(), /an ssh gateway does not follow yet/);
  });
});
