import { isIP } from 'node:net'

/** The host of a node name: what stands behind the last @, or all of a text without one. */
export function hostOf(name: string): string {
  return name.slice(name.lastIndexOf('@') + 1)
}

/** Whether a host makes a short name: one without a dot that is no address. */
export function isShort(host: string): boolean {
  return !host.includes('.') && isIP(host) === 0
}

/** How an address is written: `10.0.0.5:4370`, `[::1]:4370`. */
export function addressText({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`
}
