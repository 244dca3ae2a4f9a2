/** The SSH servers by their names in the tables. */
export const servers = { ours: 'our gateway', rival: 'sshd + cold brz' } as const;
