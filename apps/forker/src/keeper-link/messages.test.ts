import assert from 'node:assert/strict';
import { it } from 'node:test';
import { goldenMessages } from './golden-messages.test-support.ts';
import type { KeeperRequest, ZygoteConfiguration } from './messages.ts';

type Fields<R> = { readonly [Field in keyof Omit<R, 'request'>]: true };

const ofZygote: Fields<ZygoteConfiguration> = {
  python: true,
  environment: true,
  runAs: true,
  limits: true,
  umask: true,
  fork: true,
  preload: true,
  poolSize: true,
  cgroup: true,
  fingerprint: true,
};

/**
 * Every field of every request: one that is added to the union, or taken from it, does not compile
 * here.
 */
const fieldsOf: { readonly [R in KeeperRequest as R['request']]: Fields<R> } = {
  configure: ofZygote,
  try_zygote: ofZygote,
  fork: { id: true, command: true, environment: true, connectTimeoutS: true, details: true },
  signal: { id: true, signal: true },
  taken: { id: true },
  ping: {},
  quit: {},
};

it('the requests that the keeper’s tests take have the fields of the union, and show every variant', () => {
  const shown = goldenMessages('requests').flatMap(({ message, wrong }) =>
    message === undefined || wrong !== undefined ? [] : [message as KeeperRequest],
  );
  for (const { request, ...fields } of shown)
    assert.deepEqual(
      Object.keys(fields).toSorted(),
      Object.keys(fieldsOf[request]).toSorted(),
      request,
    );
  assert.deepEqual(
    [...new Set(shown.map(({ request }) => request))].toSorted(),
    Object.keys(fieldsOf).toSorted(),
  );
});
