import { DynsrvError } from './error.ts'

const MAX_PORT = 65_535

/**
 * The distribution port: the option when given, else `ERL_DIST_PORT`.
 *
 * @param option a port; 0 lets the system choose one, which no SRV record can name beforehand
 * @throws {DynsrvError} `DYNSRV_PORT_MISSING` or `DYNSRV_PORT_INVALID`
 */
export function distPort(option: number | undefined, env: NodeJS.ProcessEnv): number {
  if (option !== undefined) return checked(option, String(option), 'the port', 0)
  const text = env['ERL_DIST_PORT']
  if (text === undefined || text.trim() === '') {
    throw new DynsrvError('DYNSRV_PORT_MISSING', 'no distribution port: ERL_DIST_PORT is not set', {
      hint: "set ERL_DIST_PORT (or --port) to the port of this node's SRV record, such as 4370",
    })
  }
  return parsePort(text, 'ERL_DIST_PORT', 1)
}

/**
 * Reads a port as a person writes it.
 *
 * @param source what held the text, for the message
 * @param lowest the lowest port that is allowed; default 0, which means any free one
 * @throws {DynsrvError} `DYNSRV_PORT_INVALID`
 */
export function parsePort(text: string, source: string, lowest = 0): number {
  const digits = text.trim()
  return checked(/^\d+$/.test(digits) ? Number(digits) : Number.NaN, text, source, lowest)
}

function checked(port: number, text: string, source: string, lowest: number): number {
  if (Number.isInteger(port) && port >= lowest && port <= MAX_PORT) return port
  const what = Number.isNaN(port) || !Number.isInteger(port) ? 'is not a number' : 'is out of range'
  throw new DynsrvError('DYNSRV_PORT_INVALID', `${source} ${what}: ${JSON.stringify(text)}`, {
    hint: `use a port between ${lowest} and ${MAX_PORT}${lowest === 0 ? ' (0: any free one)' : ''}`,
  })
}
