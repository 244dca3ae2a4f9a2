import { sshAlgorithms, type AlgorithmKind, type Config } from '@hatchery/config';
import type { Check } from './check.ts';

const keys: Readonly<Record<Exclude<AlgorithmKind, 'hostKeys'>, string>> = {
  kex: 'kex_algorithms',
  ciphers: 'ciphers',
  macs: 'macs',
};

/**
 * The offered algorithms, each with ssh-audit's verdict. Never a trouble, because an operator may
 * need an algorithm that an auditor objects to.
 */
export function checkAlgorithms({ ssh }: Config): Check[] {
  return Object.entries(keys).map(([kind, key]) => ({
    what: `ssh.${key} ${ssh.algorithms[kind as AlgorithmKind].map((name) => described(kind as AlgorithmKind, name)).join(', ')}`,
    trouble: null,
  }));
}

function described(kind: AlgorithmKind, name: string): string {
  const remark = sshAlgorithms[kind].find((one) => one.name === name)?.remark ?? null;
  return remark === null ? name : `${name} [ssh-audit: ${remark}]`;
}
