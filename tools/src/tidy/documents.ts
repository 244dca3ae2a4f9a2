import { eachMatch, type Problem, type Rule } from './source-files.ts';

/** A longer README is a manual, and belongs in docs/. */
const readmeLinesMax = 80;

/** Commands of `./hatchery` that the script itself handles. */
const scriptCommands = ['test', 'bench', 'help'];

const sections = ['Context', 'Decision', 'Consequences'];

/** Every app has a README of at most a page that says what it is. */
export const readmes: Rule = (files) => {
  const apps = new Set(
    files.map(({ path }) => /^apps\/[^/]+/.exec(path)?.[0]).filter((path) => path !== undefined),
  );
  const missing = [...apps].filter((app) => !files.some(({ path }) => path === `${app}/README.md`));
  const long = files.filter(
    ({ path, text }) =>
      /^apps\/.*README\.md$/.test(path) && text.split('\n').length > readmeLinesMax + 1,
  );
  return [
    ...missing.map((app) => `${app}: has no README.md`),
    ...long.map(
      ({ path, text }) =>
        `${path}:1: has ${text.split('\n').length - 1} lines, at most ${readmeLinesMax}`,
    ),
  ];
};

/** A decision has context, decision and consequences. */
export const decisions: Rule = (files) =>
  files
    .filter(({ path }) => path.startsWith('docs/decisions/'))
    .flatMap(({ path, text }): Problem[] => {
      if (!/^docs\/decisions\/\d{4}-[a-z\d]+(-[a-z\d]+)*\.md$/.test(path))
        return [`${path}:1: is not named NNNN-noun-phrase.md`];
      const missing = sections.filter((section) => !new RegExp(`^#+ ${section}$`, 'm').test(text));
      return missing.map((section) => `${path}:1: has no section '${section}'`);
    });

/** Every command in a document exists. */
export function documentedCommands(commands: readonly string[]): Rule {
  const known = new Set([...commands, ...scriptCommands]);
  return (files) =>
    files
      .filter(({ path }) => path.endsWith('.md'))
      .flatMap((file) =>
        eachMatch(file, /\.\/hatchery ([a-z][a-z-]*)/, ([, word = '']) =>
          known.has(word) ? null : `there is no ./hatchery ${word}`,
        ),
      );
}

/**
 * The tree contains no trace of the machine it was written on, or of the registry it was fetched
 * from.
 */
export const machineTraces: Rule = (files) =>
  files.flatMap((file) => [
    ...eachMatch(file, /(?<![\w.-])\/work\/\w/, ([path]) => `${path}… is a path of one machine`),
    ...eachMatch(file, namesRegistry(file.path), () => 'names a registry'),
  ]);

/**
 * Where npm would write one: its own configuration, and the lockfile if
 * `omit-lockfile-registry-resolved` were off.
 */
function namesRegistry(path: string): RegExp {
  if (path.endsWith('.npmrc')) return /registry\s*=\s*\S*:/;
  return path.endsWith('package-lock.json') ? /"resolved": "https?:/ : /(?!)/;
}

/** Every project with sources has a test. */
export const testedProjects: Rule = (files) => {
  const sources = new Set(
    files.map(({ path }) => /^((?:apps|libs|tools)\/.*?)\/src\/.*\.tsx?$/.exec(path)?.[1]),
  );
  const tested = (project: string): boolean =>
    files.some(({ path }) => path.startsWith(`${project}/`) && /\.test\.tsx?$/.test(path));
  return [...sources]
    .filter((project) => project !== undefined)
    .flatMap((project) => (tested(project) ? [] : [`${project}: has no test`]));
};
