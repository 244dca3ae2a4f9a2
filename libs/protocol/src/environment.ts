import { quoteText } from './quoted.ts';

/**
 * Separates a variable's name from its value; the first one on the line counts:
 * docs/reference/fork-protocol.md#fork-env.
 */
export const variableSeparator = ': ';

export type ParsedEnvironment =
  | { readonly ok: true; readonly environment: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: string };

/**
 * The variables of a `fork-env`, from its lines between the command and `end`. If a variable comes
 * twice, the last value counts, as in Launchpad's service.
 */
export function environmentOf(
  lines: readonly string[],
  allowedVariables: readonly string[],
): ParsedEnvironment {
  const variables = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(variableSeparator);
    if (at === -1)
      return { ok: false, why: `an environment line has no ': ' in it: ${quoteText(line)}` };
    const name = line.slice(0, at);
    const value = line.slice(at + variableSeparator.length);
    const why =
      nameProblem(name) ?? valueProblem(name, value) ?? permissionProblem(name, allowedVariables);
    if (why !== null) return { ok: false, why };
    variables.set(name, value);
  }
  // Object.fromEntries defines own properties, so even a variable named `__proto__` does no harm.
  return { ok: true, environment: Object.fromEntries(variables) };
}

/** Why execve(2) could not set a variable of this name, or null. */
export function nameProblem(name: string): string | null {
  if (name === '') return 'an environment variable has an empty name';
  if (name.includes('='))
    return `the name of an environment variable holds a '=': ${quoteText(name)}`;
  if (name.includes('\0'))
    return `the name of an environment variable holds a NUL: ${quoteText(name)}`;
  return null;
}

function valueProblem(name: string, value: string): string | null {
  return value.includes('\0')
    ? `the value of the environment variable ${quoteText(name)} holds a NUL`
    : null;
}

function permissionProblem(name: string, allowedVariables: readonly string[]): string | null {
  if (allowedVariables.includes(name)) return null;
  return `the environment variable ${quoteText(name)} is not allowed, only ${allowedVariables.join(', ')}`;
}
