import { eachMatch, isForTests, isTypeScript, type Rule, type SourceFile } from './source-files.ts';

/** Names that say nothing about the content, so that everything ends up there. */
const emptyNames = /(?:^|\/)(utils?|helpers?|common|shared|misc)(?:\.[\w.]+)?(?:\/|$)/;

/** Libraries that only one folder may import, so that the rest uses our own terms. */
const confined: ReadonlyMap<string, string> = new Map([
  ['ssh2', 'apps/ssh-gateway/src/ssh/'],
  ['ws', 'apps/dashboard/server/src/live/'],
]);

/** Files from which a program requires a default export. */
const defaultExports: ReadonlyMap<string, string> = new Map([
  ['apps/dashboard/web/vite.config.ts', 'Vite loads it'],
  ['tools/src/counted/counting-reporter.ts', 'node:test loads it'],
]);

/** Folders and files have names of the domain. */
export const telltaleNames: Rule = (files) =>
  files
    .map(({ path }) => ({ path, name: emptyNames.exec(path)?.[1] }))
    .filter(({ path, name }) => name !== undefined && !path.startsWith('docs/'))
    .map(({ path, name }) => `${path}:1: '${name}' names nothing of the domain`);

/** An import shows the name that it imports. */
export const namedExports: Rule = (files) =>
  files
    .filter(isTypeScript)
    .flatMap((file) => [
      ...eachMatch(file, /^export default\b/, () =>
        defaultExports.has(file.path) ? null : 'a default export: name it',
      ),
      ...eachMatch(
        file,
        /^export (?:type )?\*/,
        () => 'export * hides what is exported: list the names',
      ),
    ]);

/** Confined libraries stay in their folder; tests may use them as clients. */
export const confinedImports: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !isForTests(file))
    .flatMap((file) =>
      eachMatch(
        file,
        /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"]+)['"]/,
        ([, specifier = '']) => {
          const library = specifier.split('/')[0] ?? '';
          const folder = confined.get(library);
          return folder === undefined || file.path.startsWith(folder)
            ? null
            : `'${library}' is imported in ${folder} only`;
        },
      ),
    );

/** How Python is run by a program, with its first argument. */
const pythonRun =
  /\b(?:spawn|spawnSync|execFile|execFileSync|execute)\(\s*(?:systemPython|settings\.python|python|'\/usr\/bin\/python3')\s*,\s*\[\s*('[^']*')?/g;

/** Python does not read the variables (PYTHONHOME, PYTHONPATH) of the user that runs us. */
export const isolatedPython: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !isForTests(file))
    .flatMap(({ path, text }) =>
      Array.from(text.matchAll(pythonRun))
        .filter(([, first = '']) => first !== "'-E'" && first !== "'-I'")
        .map(({ index }) => text.slice(0, index).split('\n').length)
        .map((line) => `${path}:${line}: Python is run without -E or -I as its first option`),
    );

/** Only the outermost file of a program reads its environment and ends it. */
export const processAccess: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !isForTests(file) && !mayTouchProcess(file))
    .flatMap((file) =>
      eachMatch(
        file,
        /\bprocess\.(env|exit)\b/,
        ([, what]) => `process.${what} belongs to main.ts: take it as a parameter`,
      ),
    );

function mayTouchProcess({ path }: SourceFile): boolean {
  return (
    path.endsWith('/main.ts') || path.startsWith('libs/daemon/') || path.endsWith('.config.ts')
  );
}
