import { atom, inspect, type Term, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { laidOut } from '../src/term/laid-out.ts'
import { parseTerm } from '../src/term/parse-term.ts'

const TERM: Term = new Map<Term, Term>([
  [atom('users'), [tuple(atom('ok'), 'Ada, [Lovelace'), tuple(atom('error'), new Map([[atom('why'), 'no } "more"']]))]],
  [atom('bytes'), new Uint8Array(Array.from({ length: 20 }, (_, at) => 200 + at))],
  [atom('odd, name'), []],
  [atom('text'), 'one long text that has no place where it could be broken, whatever is done'],
])

it.each(['erlang', 'elixir'] as const)('%s: a long term stands over lines, and reads as the same one', (syntax) => {
  const text = inspect(TERM, { syntax })
  expect(laidOut(text, text.length)).toBe(text)
  for (const columns of [20, 40, 60, 120, 200]) {
    const lines = laidOut(text, columns).split('\n')
    expect(lines.length).toBeGreaterThan(1)
    // Only a text that cannot be broken is wider.
    for (const line of lines)
      if (!/long text/.test(line) && columns >= 40) expect(line.length).toBeLessThanOrEqual(columns)
    expect(inspect(parseTerm(lines.join('\n'), syntax), { syntax })).toBe(text)
  }
})

it('JSON reads as the same value, and lines fit', () => {
  const value = { list: Array.from({ length: 30 }, (_, at) => ({ at, name: `web-${at}, "x"` })) }
  const text = laidOut(JSON.stringify(value), 60)
  expect(JSON.parse(text)).toEqual(value)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
})

it('any depth is laid out, in a time that grows with the length', () => {
  const text = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  expect(laidOut(text, 80).replaceAll(/\s/g, '')).toBe(text)
  expect(laidOut(`#Fun<x[${'a'.repeat(100)}`, 80)).toBe(`#Fun<x[${'a'.repeat(100)}`)
})
