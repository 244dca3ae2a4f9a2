import { BlockList, isIPv4, type Socket } from 'node:net';

/** Whether a connection comes from one of these CIDR networks. */
export function sourcesOf(from: readonly string[]): (socket: Socket) => boolean {
  const networks = new BlockList();
  for (const network of from) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    networks.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return ({ remoteAddress = '' }) => {
    // On a socket of both families an IPv4 peer is `::ffff:192.0.2.7`.
    const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
    return address !== '' && networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}
