import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { ownRecord, writePartRecord } from '@hatchery/daemon';
import { openSignInKey, readLinkToken, signInKeyPath } from '@hatchery/sign-in-links';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery } from '../../test-support/terminal.ts';

const url = 'http://127.0.0.1:8022/';

/** The record of a dashboard; here it is this process. */
function announce(
  state: string,
  details: object = { url, signInUrl: `${url}sign-in?token=x` },
): void {
  const config = loadConfig({ directory: state, stateDirectory: state });
  writePartRecord(config, ownRecord('dashboard', { ...details }));
}

const keyPathIn = (state: string): string =>
  signInKeyPath(loadConfig({ directory: state, stateDirectory: state }));

describe('hatchery sign-in', () => {
  for (const [words, role] of [
    [[], 'admin'],
    [['--role', 'operator'], 'operator'],
    [['--role', 'viewer'], 'viewer'],
  ] as const)
    it(`prints a link for the role ${role}, and another each time`, async () => {
      using state = temporaryDirectory();
      announce(state.path);
      const { key } = openSignInKey(keyPathIn(state.path));
      const nonces = new Set<string | undefined>();
      for (const json of [true, false]) {
        const own = json ? ['--json'] : [];
        const { code, stdout, said } = await hatchery(
          'sign-in',
          ...words,
          ...own,
          '--state-dir',
          state.path,
        );
        assert.equal(code, 0, said.join());
        const printed = json
          ? (JSON.parse(stdout) as { url: string; role: string; expiresAt: string })
          : null;
        const link = new URL(printed?.url ?? stdout.trim());
        assert.equal(`${link.origin}${link.pathname}`, `${url}sign-in`);
        const read = readLinkToken(key, link.searchParams.get('token') ?? '');
        assert.equal(read?.role, role);
        nonces.add(read?.nonce);
        if (printed === null)
          assert.match(said.join(), new RegExp(`one browser in as ${role}, once, until 2`));
        else assert.ok(printed.role === role && Date.parse(printed.expiresAt) > Date.now());
      }
      assert.equal(nonces.size, 2);
    });

  const wrong: readonly (readonly [words: string[], says: RegExp])[] = [
    [['--role', 'root'], /--role is viewer, operator or admin, not 'root'/],
    [['--role', ''], /--role is viewer, operator or admin, not ''/],
    [['bo'], /'bo' is one word too many/],
  ];
  for (const [words, says] of wrong)
    it(`refuses: ${['sign-in', ...words].join(' ')}`, async () => {
      using state = temporaryDirectory();
      const { code, stdout, said } = await hatchery('sign-in', ...words, '--state-dir', state.path);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(said.join(), says);
    });

  const hindered: readonly (readonly [string, (state: string) => void, RegExp])[] = [
    ['no dashboard has run', () => undefined, /no dashboard has run on .*start one with/],
    [
      'none runs now',
      (state) => void openSignInKey(keyPathIn(state)),
      /no dashboard runs with its sockets in .*start one with/,
    ],
    [
      'the key can be read by others',
      (state) => (
        announce(state),
        openSignInKey(keyPathIn(state)),
        chmodSync(keyPathIn(state), 0o644)
      ),
      /sign-in\.key can be read by others; hatchery restart --\S+ \S+ makes a new one/,
    ],
    [
      'the key is damaged',
      (state) => (
        announce(state),
        openSignInKey(keyPathIn(state)),
        writeFileSync(keyPathIn(state), 'AAAA')
      ),
      /sign-in\.key is damaged; hatchery restart/,
    ],
    [
      'the key cannot be read',
      (state) => (announce(state), mkdirSync(keyPathIn(state), { recursive: true, mode: 0o700 })),
      /sign-in\.key cannot be read: EISDIR/,
    ],
    [
      'people sign in at a provider',
      (state) => announce(state, { url, signInUrl: url }),
      /signs people in by itself: open http:\/\/127\.0\.0\.1:8022\//,
    ],
  ];
  for (const [when, make, says] of hindered)
    it(`prints no link when ${when}, and says what to do`, async () => {
      using state = temporaryDirectory();
      make(state.path);
      const { code, stdout, said } = await hatchery('sign-in', '--state-dir', state.path);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(said.join(), says);
    });
});
