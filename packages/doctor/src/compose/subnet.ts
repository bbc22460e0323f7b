import { isIP } from 'node:net'

/** Whether an address lies in a network such as `172.28.0.0/16`. What is not written so holds nobody. */
export function isInSubnet(subnet: string, ip: string): boolean {
  const [net = '', length = ''] = subnet.split('/')
  const family = isIP(net)
  const bits = family === 4 ? 32 : 128
  if (family === 0 || family !== isIP(ip) || !/^\d{1,3}$/.test(length) || Number(length) > bits) return false
  const shift = BigInt(bits - Number(length))
  return numberOf(net) >> shift === numberOf(ip) >> shift
}

/** Whether it is the first address of a network, which Docker gives the machine. */
export function isFirstIn(subnet: string, ip: string): boolean {
  const [net = '', length = ''] = subnet.split('/')
  const shift = BigInt((isIP(net) === 4 ? 32 : 128) - Number(length))
  return isInSubnet(subnet, ip) && numberOf(ip) === ((numberOf(net) >> shift) << shift) + 1n
}

function numberOf(ip: string): bigint {
  if (isIP(ip) === 4) return joined(ip.split('.'), 10, 8n)
  // A URL writes out the IPv4 address that may stand at the end.
  const [before = '', after] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::')
  const parts = before.split(':').filter(Boolean)
  const rest = after?.split(':').filter(Boolean) ?? []
  return joined([...parts, ...new Array<string>(8 - parts.length - rest.length).fill('0'), ...rest], 16, 16n)
}

function joined(parts: readonly string[], base: number, bits: bigint): bigint {
  return parts.reduce((all, part) => (all << bits) + BigInt(Number.parseInt(part, base)), 0n)
}
