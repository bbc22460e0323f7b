import { readFileSync } from 'node:fs'
import { CHANNEL_LIMITS } from '@dynsrv/dist-protocol'
import { DEFAULT_DECODE_LIMITS } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { NODE_LIMITS } from '../src/node-options.ts'

const UNITS: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30 }

/** `256 MiB, or a quarter of V8's heap` as a number. */
function numberOf(cell: string): number {
  const [, digits = '', unit] = /^([\d ]*\d)(?: (MiB|GiB))?/.exec(cell) ?? []
  return Number(digits.replaceAll(' ', '')) * (unit === undefined ? 1 : UNITS[unit]!)
}

it('the table of the README has every limit, with its default', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `((?:decode\.)?limits\.\w+)` \| [^|]+ \| ([^|]+) \|/gm)]
  const said = Object.fromEntries(rows.map(([, name, cell]) => [name, numberOf(cell!)]))
  const named = (prefix: string, limits: object) =>
    Object.fromEntries(Object.entries(limits).map(([name, limit]) => [`${prefix}.${name}`, limit]))
  expect(said).toEqual({
    ...named('limits', { ...CHANNEL_LIMITS, ...NODE_LIMITS }),
    ...named('decode.limits', DEFAULT_DECODE_LIMITS),
  })
})
