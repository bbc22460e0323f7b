import { EpmdError } from './error.ts'

const MAX_PORT = 65_535
const EXAMPLE = "the port of this node's SRV record, such as 4370"

/**
 * Reads `ERL_DIST_PORT`, the distribution port of the node that runs in this environment.
 *
 * @returns an integer from 1 to 65 535
 * @throws {EpmdError} `EPMD_DIST_PORT_MISSING`, `EPMD_DIST_PORT_NOT_A_NUMBER` or `EPMD_DIST_PORT_OUT_OF_RANGE`
 */
export function distPort(env: NodeJS.ProcessEnv): number {
  const text = env.ERL_DIST_PORT?.trim() ?? ''
  if (text === '') {
    const hint = `Set ERL_DIST_PORT to ${EXAMPLE}, or pass listenPort.`
    throw new EpmdError('EPMD_DIST_PORT_MISSING', 'no distribution port: ERL_DIST_PORT is not set', { hint })
  }
  if (!/^\d+$/.test(text)) {
    const hint = `Set ERL_DIST_PORT to ${EXAMPLE}, in digits only.`
    throw new EpmdError('EPMD_DIST_PORT_NOT_A_NUMBER', `ERL_DIST_PORT is not a number: ${JSON.stringify(text)}`, {
      hint,
    })
  }
  const port = Number(text)
  if (port < 1 || port > MAX_PORT) {
    const hint = `Set ERL_DIST_PORT to ${EXAMPLE}: ports go from 1 to ${MAX_PORT}.`
    throw new EpmdError('EPMD_DIST_PORT_OUT_OF_RANGE', `ERL_DIST_PORT is out of range: ${text}`, { hint })
  }
  return port
}

/** Whether a node can be reached at this port: a registry may hold anything. */
export function isDialable(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= MAX_PORT
}

/**
 * Checks a port that the program itself passed.
 *
 * @param lowest 0 where "any free port" makes sense
 * @throws {EpmdError} `EPMD_BAD_OPTION`
 */
export function checkPort(port: number, option: string, lowest: 0 | 1): number {
  if (Number.isInteger(port) && port >= lowest && port <= MAX_PORT) return port
  const hint = `Pass an integer from ${lowest} to ${MAX_PORT}${lowest === 0 ? '; 0 means any free port' : ''}.`
  throw new EpmdError('EPMD_BAD_OPTION', `${option} is not a port: ${String(port)}`, { hint })
}
