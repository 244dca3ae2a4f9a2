import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { namedBlocks } from '../src/tidy/code-blocks.ts';
import { importCycles } from '../src/tidy/cycles.ts';
import {
  decisions,
  documentedCommands,
  machineTraces,
  readmes,
  testedProjects,
} from '../src/tidy/documents.ts';
import {
  confinedImports,
  isolatedPython,
  namedExports,
  processAccess,
  telltaleNames,
} from '../src/tidy/modules.ts';
import { noScripts } from '../src/tidy/packages.ts';
import { references } from '../src/tidy/references.ts';
import { fileLength, functionLength, pythonReasons } from '../src/tidy/size.ts';
import { readSourceFiles, type Rule } from '../src/tidy/source-files.ts';
import { lineWidth } from '../src/tidy/width.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = readSourceFiles(root);

/** Loaded, not parsed: only the table itself knows its names. */
async function commandNames(): Promise<string[]> {
  const url = pathToFileURL(join(root, 'apps/cli/src/commands.ts')).href;
  const { commands } = (await import(url)) as { commands: readonly { name: string }[] };
  return commands.map(({ name }) => name);
}

const rules: readonly (readonly [title: string, rule: Rule])[] = [
  ['keeps files short', fileLength],
  ['keeps functions short', functionLength],
  ['keeps lines short', lineWidth],
  ['says of each Python file why it is Python', pythonReasons],
  ['names folders and files after the domain', telltaleNames],
  ['exports by name', namedExports],
  ['imports ssh2 and ws in one folder each', confinedImports],
  ['runs Python without the variables of the user', isolatedPython],
  ['has no cycle between files', importCycles],
  ['leaves the environment and the exit to main.ts', processAccess],
  ['has a short README for every app', readmes],
  ['records decisions in one form', decisions],
  ['names the language of every block of code', namedBlocks],
  ['refers to nothing that is not in it', references((path) => existsSync(join(root, path)))],
  ['holds no trace of a machine or a registry', machineTraces],
  ['tests every project', testedProjects],
  ['leaves the targets of a project to its folders', noScripts],
];

for (const [title, rule] of rules) it(`the tree ${title}`, () => keeps(rule));

it('the tree documents commands that exist', async () => {
  keeps(documentedCommands(await commandNames()));
});

/** Fails with every problem, a line each. */
function keeps(rule: Rule): void {
  const problems = rule(files);
  assert.equal(problems.length, 0, problems.join('\n'));
}
