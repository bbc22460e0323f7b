import { codeOf } from '@dynsrv/kit'
import { expect, it } from 'vitest'
import { parseTerm } from '../src/term/parse-term.ts'
import type { WrittenSyntax } from '../src/term/term-scanner.ts'

const COUNT = 20_000
/** More than a call takes as arguments. */
const MANY = 200_000

/** What may stand in front of a term, in it and behind it, in each language. */
const PARTS: Readonly<Record<WrittenSyntax, readonly (readonly [open: string, inner: string, close: string])[]>> = {
  erlang: [
    ...[
      ['[', '', ']'],
      ['{', '', '}'],
      ['#{a=>', '1', '}'],
      ['#{', 'a', '=>1}'],
      ['(', '1', ')'],
      ['- ', '1', ''],
    ],
    ...[
      ['<<', '1', '>>'],
      ['[1|', '[]', ']'],
      ['"a" ', '', ''],
      ['"', '', '"'],
      ["'", '', "'"],
      ['~"a', '', '"'],
    ],
    ...[
      ['%\n', '1', ''],
      ['<<"', '', '">>'],
      ['fun ', '', ''],
      ['$', 'a', ''],
      ['"""\n', '', '\n"""'],
    ],
  ] as [string, string, string][],
  elixir: [
    ...[
      ['[', '', ']'],
      ['{', '', '}'],
      ['%{a: ', '1', '}'],
      ['%{"a" => ', '1', '}'],
      ['(', '1', ')'],
      ['- ', '1', ''],
    ],
    ...[
      ['<<', '1', '>>'],
      ['[1|', '[]', ']'],
      ['[a: ', '1', ']'],
      ['&(', 'A.b/1', ')'],
      ['&', '(', ''],
      ['"', '', '"'],
    ],
    ...[
      ["'", '', "'"],
      ['~s(', '', ')'],
      ['~w(a ', '', ')'],
      ['#\n', '1', ''],
      ['A.', 'B', ''],
      ['"""\n', '', '\n"""'],
    ],
  ] as [string, string, string][],
  json: [
    ['[', '', ']'],
    ['{"a":', '1', '}'],
    ['"', '', '"'],
    [' ', '1', ''],
  ],
}

it.each(['erlang', 'elixir', 'json'] as const)('what is long and deep is read, or refused in short: %s', (syntax) => {
  for (const [open, inner, close] of PARTS[syntax]) {
    const texts = [
      open.repeat(COUNT) + inner + close.repeat(COUNT),
      open.repeat(COUNT),
      close.repeat(COUNT),
      `${open}${'a'.repeat(COUNT)}${close}`,
      `${open}${'1,'.repeat(2 * COUNT)}1${close}`,
      `${open}${' '.repeat(COUNT)}${close}`,
      `${open}${'('.repeat(COUNT)}${close}`,
      `"${open.repeat(COUNT)}`,
      `${open}${'"'.repeat(COUNT)}`,
    ]
    for (const text of texts) {
      try {
        parseTerm(text, syntax)
      } catch (error) {
        expect(codeOf(error), `${text.slice(0, 20)} ${error}`.slice(0, 500)).toMatch(/^(DYNSRV_BAD_TERM|ETF_\w+)$/)
        expect((error as Error).message.length).toBeLessThan(1_000)
      }
    }
  }
})

it('reads tuples and texts that are longer than a call takes arguments', () => {
  const many = Array.from({ length: MANY }, () => '1')
  expect(parseTerm(`{${many.join(',')}}`, 'erlang')).toHaveLength(MANY)
  expect(parseTerm(`{${many.join(',')}}`, 'elixir')).toHaveLength(MANY)
  expect(parseTerm(`~"${many.join('')}"`, 'erlang')).toHaveLength(MANY)
  expect(parseTerm('"ab" '.repeat(MANY / 2), 'erlang')).toHaveLength(MANY)
  expect(String(parseTerm('&((Enum.map/2))', 'elixir'))).toBe("fun 'Elixir.Enum':map/2")
})
