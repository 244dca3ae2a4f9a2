import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anchorsOf, references } from './references.ts';
import type { Problem, SourceFile } from './source-files.ts';

const tree: readonly SourceFile[] = [
  { path: 'docs/a.md', text: '# The first part\n\n## `b`: 2, or more\n' },
  { path: 'docs/decisions/0001-a.md', text: '# A\n' },
  { path: 'apps/a/src/deep/b.ts', text: '' },
];
const folders = ['docs', 'apps/a', 'docs/picture.png'];

/** The rule's problems with one more file in that tree. */
function check(path: string, text: string): Problem[] {
  const files = [...tree, { path, text }];
  return references(
    (place) => folders.includes(place) || files.some((file) => file.path === place),
  )(files);
}

/** Each points somewhere from README.md, or from a comment. */
const alive: readonly (readonly [path: string, text: string])[] = [
  [
    'README.md',
    'see [a](docs/a.md), [its part](docs/a.md#the-first-part), [a folder](docs/) and ![b](docs/picture.png)',
  ],
  ['README.md', '# One\n[above](#one) and [elsewhere](https://example.org/x.md#y)'],
  ['docs/c.md', '[a](a.md#b-2-or-more), `apps/a/src/deep/b.ts`, `deep/b.ts`, decision 0001'],
  [
    'README.md',
    'in code nothing is a link: `[a](gone.md)`\n\n```sh\ncat gone.md docs/gone.md\n```\n',
  ],
  ['apps/a/README.md', '`deep/` has it'],
  ['libs/a/src/a.ts', '/** As docs/a.md#the-first-part says, and docs/decisions/0001-a.md. */'],
  ['libs/a/src/a.test.ts', "check('docs/gone.md');"],
  ['docs/decisions/0002-b.md', 'because of 0001, with mode 0600 and port 0022-x'],
  ['CONTRIBUTING.md', '`x.test.ts` beside `x.ts`, `docs/decisions/NNNN-noun-phrase.md`'],
];

/** Each points nowhere. */
const dead: readonly (readonly [path: string, text: string, target: string])[] = [
  ['README.md', 'see [a](docs/gone.md)', 'docs/gone.md'],
  ['docs/c.md', 'see [a](docs/gone.md)', 'docs/gone.md'],
  ['README.md', '![b](docs/gone.png)', 'docs/gone.png'],
  ['README.md', 'see [its part](docs/a.md#gone)', 'docs/a.md#gone'],
  ['README.md', '# One\n[above](#two)', '#two'],
  ['README.md', 'look at `apps/a/src/gone.ts`', 'apps/a/src/gone.ts'],
  ['README.md', 'look at `gone.py`', 'gone.py'],
  ['apps/a/README.md', '`gone/` has it', 'gone/'],
  ['README.md', 'as design-of-old.md has it', 'design-of-old.md'],
  ['libs/a/src/a.ts', '// As protocol.md, "Requests", has it.', 'protocol.md'],
  ['libs/a/src/a.test.ts', ' * what was garbage: protocol.md', 'protocol.md'],
  ['libs/a/src/a.ts', "say('see docs/gone.md');", 'docs/gone.md'],
  ['libs/a/src/a.ts', '/** docs/a.md#gone */', 'docs/a.md#gone'],
  ['apps/a/b.py', '#: As protocol.md has it.', 'protocol.md'],
  ['deploy/a.service', '# docs/gone.md says why', 'docs/gone.md'],
];

describe('references', () => {
  for (const [path, text] of alive)
    it(`accepts ${JSON.stringify(text)}`, () => assert.deepEqual(check(path, text), []));

  for (const [path, text, target] of dead)
    it(`refuses ${JSON.stringify(text)} in ${path}`, () => {
      const [problem = ''] = check(path, text);
      assert.match(problem, /leads nowhere in this repository$/);
      assert.ok(problem.includes(`: ${target} `), problem);
    });

  it('refuses the number of a decision that does not exist, and says where', () => {
    const said = ['libs/a/src/a.ts:2: there is no decision 0007'];
    assert.deepEqual(check('libs/a/src/a.ts', '\n// decision 0007'), said);
    assert.deepEqual(check('docs/decisions/0002-b.md', 'as in (0007)'), [
      'docs/decisions/0002-b.md:1: there is no decision 0007',
    ]);
  });

  it('knows the anchors that GitHub makes of headings', () => {
    const text = '# A b\n## A b\n## `c_d`: [e](f.md), g-h\n```sh\n# no heading\n```\n';
    assert.deepEqual([...anchorsOf(text)], ['a-b', 'a-b-1', 'c_d-e-g-h']);
  });
});
