import { isIPv6, SocketAddress } from 'node:net'

/** An IP address as `inet:ntoa/1` and RFC 5952 write it, for names of nodes are made of it. Other text stays as it is. */
export function ipText(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address
}
