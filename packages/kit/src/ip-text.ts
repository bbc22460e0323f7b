import { isIPv6, SocketAddress } from 'node:net'

/** The old "IPv4-compatible" addresses below `::1:0`, which `inet:ntoa/1` writes with dots and everybody else does not. */
const LAST_PART_ALONE = /^::([0-9a-f]{1,4})$/

/** An IP address as `inet:ntoa/1` and RFC 5952 write it, for names of nodes are made of it. Other text stays as it is. */
export function ipText(address: string): string {
  // Without its zone an address would be that of another host.
  if (!isIPv6(address) || address.includes('%')) return address
  const text = new SocketAddress({ address, family: 'ipv6' }).address
  const last = Number.parseInt(LAST_PART_ALONE.exec(text)?.[1] ?? '1', 16)
  return last === 1 ? text : `::0.0.${last >> 8}.${last & 255}`
}
