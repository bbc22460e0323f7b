import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** The name of a node that lives for one command: nobody can dial it, and no two are alike. */
export function throwAwayName({ name }: { readonly name?: string }, short: boolean): string {
  if (name !== undefined) return name
  const host = short ? (hostname().split('.')[0] ?? '').replace(/[^0-9A-Za-z-]/g, '') || 'localhost' : '127.0.0.1'
  return `dynsrv-${randomBytes(4).toString('hex')}@${host}`
}

/** Whether a node lives for one command of ours only: it never registers, and `doctor` goes away before it has proved itself. */
export function isThrowAway(name: string): boolean {
  return /^dynsrv-[0-9a-f]{8}@/i.test(name)
}
