/** Where a client connects from: the other end of the socket, or what a trusted balancer says. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** As `192.0.2.1:50022` or `[2001:db8::1]:50022`. */
export function describePeer({ address, port }: Peer): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
