import type { Problem, Rule } from './source-files.ts';

/**
 * Nx takes a script of a project for a target, and then ours of that name does not run. Scripts of
 * the root are for people, and the root is no workspace.
 */
export const noScripts: Rule = (files) =>
  files
    .filter(({ path }) => /^(?!examples\/).+\/package\.json$/.test(path))
    .flatMap(({ path, text }): Problem[] => {
      const { scripts, nx } = JSON.parse(text) as Manifest;
      if (scripts === undefined || nx?.includedScripts?.length === 0) return [];
      return [
        `${path}:1: has scripts, which Nx takes for targets: remove them, for targets follow from ` +
          'the folders of tests; else set nx.includedScripts to []',
      ];
    });

interface Manifest {
  readonly scripts?: unknown;
  readonly nx?: { readonly includedScripts?: readonly string[] };
}
