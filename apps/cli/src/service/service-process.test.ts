import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { claimService, readService, type ServiceProcess } from './service-process.ts';

it('the record of a service in another pid namespace stays, and nothing is started beside it', () => {
  using directory = temporaryDirectory();
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  const path = join(directory.path, 'service.json');
  {
    using _claim = claimService(config, false);
    const own = JSON.parse(readFileSync(path, 'utf8')) as ServiceProcess;
    assert.equal(readService(config)?.pid, process.pid);
    writeFileSync(path, JSON.stringify({ ...own, pidNamespace: 'pid:[1]' }));
  }
  const foreign = readFileSync(path, 'utf8');
  assert.equal(readService(config), null);
  assert.throws(
    () => claimService(config, false),
    /of a hatchery in another pid namespace.*stop it there, or remove/,
  );
  assert.equal(readFileSync(path, 'utf8'), foreign);
  // After a restart of the host it says nothing any more.
  writeFileSync(
    path,
    JSON.stringify({ ...(JSON.parse(foreign) as ServiceProcess), bootId: 'another' }),
  );
  using _next = claimService(config, false);
  assert.equal(readService(config)?.pid, process.pid);
});
