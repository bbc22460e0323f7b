import { text as anyText, oneOf, optional } from '@dynsrv/kit'
import { checks, quoted } from '../checks.ts'
import { DynsrvError } from '../error.ts'

const MAX_PORT = 65_535
const lowestRule = optional(oneOf(0, 1))

/**
 * Reads a port as a person writes it.
 *
 * @param source what held the text, for the message
 * @param lowest the lowest port that is allowed; default 0, which means any free one
 * @throws {DynsrvError} `DYNSRV_PORT_INVALID`
 */
export function parsePort(text: string, source: string, lowest: 0 | 1 = 0): number {
  checks.argument('parsePort', 'text', anyText, text)
  checks.argument('parsePort', 'source', anyText, source)
  checks.argument('parsePort', 'lowest', lowestRule, lowest)
  const digits = text.trim()
  const port = /^\d+$/.test(digits) ? Number(digits) : Number.NaN
  if (port >= lowest && port <= MAX_PORT) return port
  const what = Number.isNaN(port) ? 'is not a number' : 'is out of range'
  throw new DynsrvError('DYNSRV_PORT_INVALID', `${source} ${what}: ${quoted(text)}`, {
    hint: `Use a port between ${lowest} and ${MAX_PORT}${lowest === 0 ? ' (0: any free one)' : ''}.`,
  })
}
