import nx from '@nx/eslint-plugin';
import node from 'eslint-plugin-n';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom. A contract knows nobody, a daemon's part everybody below it; what is pure
 * runs anywhere.
 */
const depConstraints = [
  { sourceTag: 'layer:contract', onlyDependOnLibsWithTags: ['layer:contract'] },
  { sourceTag: 'layer:kit', onlyDependOnLibsWithTags: ['layer:contract', 'layer:kit'] },
  {
    sourceTag: 'layer:adapter',
    onlyDependOnLibsWithTags: ['layer:contract', 'layer:kit', 'layer:adapter'],
  },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: ['layer:contract', 'layer:kit', 'layer:adapter'],
  },
  { sourceTag: 'platform:pure', onlyDependOnLibsWithTags: ['platform:pure'] },
  { sourceTag: 'platform:web', onlyDependOnLibsWithTags: ['platform:pure'] },
  { sourceTag: 'platform:node', onlyDependOnLibsWithTags: ['platform:pure', 'platform:node'] },
];

/**
 * What is compiled in one go. The first that has a file is taken, and the second one has the
 * sources of the first too.
 */
const programs = [
  'libs/protocol/tsconfig.json',
  'tsconfig.json',
  'apps/dashboard/web/tsconfig.test.json',
];

const tests = ['**/*.test.ts', '**/*.test.tsx', 'acceptance/**', 'bench/**', 'libs/testkit/**'];

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '.nx/', '.hatchery/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: programs, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@nx': nx, n: node },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints, allow: [], enforceBuildableLibDependency: false },
      ],
      'n/no-extraneous-import': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(SpreadElement[argument.type="ArrayExpression"], SpreadElement[argument.type="ObjectExpression"])',
          message: 'Write the elements themselves: a literal need not be spread.',
        },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // An async function without an await keeps the promise in its type and turns a throw into a
      // rejection.
      '@typescript-eslint/require-await': 'off',
      // node:test's own functions return promises that its runner waits for.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['describe', 'it', 'test', 'suite'] },
          ],
        },
      ],
    },
  },
  { files: ['apps/dashboard/web/**/*.{ts,tsx}'], extends: [reactHooks.configs.flat.recommended] },
  // These speak to a person on a terminal.
  {
    files: ['apps/cli/**', 'tools/**', 'bench/**', 'acceptance/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: tests,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
