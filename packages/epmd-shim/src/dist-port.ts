import { shown } from '@dynsrv/kit'
import { EpmdError } from './error.ts'

const MAX_PORT = 65_535

/**
 * Reads `ERL_DIST_PORT`, the distribution port of the node that runs in this environment.
 *
 * @returns an integer from 1 to 65 535
 * @throws {EpmdError} `EPMD_DIST_PORT_MISSING`, `EPMD_DIST_PORT_NOT_A_NUMBER` or `EPMD_DIST_PORT_OUT_OF_RANGE`
 */
export function distPort(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.ERL_DIST_PORT?.trim() ?? ''
  if (text === '') throw new EpmdError('EPMD_DIST_PORT_MISSING', 'no distribution port: ERL_DIST_PORT is not set')
  if (!/^\d+$/.test(text)) {
    throw new EpmdError('EPMD_DIST_PORT_NOT_A_NUMBER', `ERL_DIST_PORT is not a number: ${shown(text)}`)
  }
  const port = Number(text)
  if (isDialable(port)) return port
  throw new EpmdError('EPMD_DIST_PORT_OUT_OF_RANGE', `ERL_DIST_PORT is out of range: ${text}`)
}

/** Whether a node can be reached at this port: a registry may hold anything. */
export function isDialable(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= MAX_PORT
}
