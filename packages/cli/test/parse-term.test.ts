import { execFileSync } from 'node:child_process'
import { atom, charlist, decode, encode, Float, ImproperList, inspect, type Term, toJson, tuple } from '@dynsrv/etf'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'

import { parseTerm } from '../src/term/parse-term.ts'
import { TermSyntaxError, type WrittenSyntax } from '../src/term/term-scanner.ts'

const ERLANG = [
  'ok',
  "'Elixir.My App'",
  "'it\\'s'",
  'true',
  '-17',
  '16#ff',
  '1_000_000',
  '123456789012345678901234567890',
  '2.5e-3',
  '$a',
  '$\\n',
  '"text\\x{263a}"',
  '[]',
  '{}',
  '[1,2|3]',
  '[1|[2]]',
  '<<>>',
  '<<"bytes",0,255>>',
  '<<"\\x{263a}"/utf8>>',
  '#{a => 1, <<"b">> => [#{}]}',
  '{put, "key", [1, 2.5], undefined, nil}',
  ' { a , [ b ] } . ',
]

const ELIXIR = [
  ':ok',
  ':"my atom"',
  ':really?',
  'My.App',
  'nil',
  'true',
  '-17',
  '0xff',
  '0b101',
  '1_000',
  '2.5',
  '?a',
  '"text ☺ \\u263a"',
  "'abc'",
  '~c"abc"',
  '[1, 2 | 3]',
  '[a: 1, b: "x"]',
  '["a b": 1, "say \\"hi\\"": :ok, c: "x: y"]',
  '["text", "x:", {"y", 2}]',
  '%{"a b": [d: 1]}',
  '%{a: 1}',
  '%{2 => nil, "k" => {:x, []}}',
  '<<1, 2, "x">>',
]

describe('a term that a person writes', () => {
  it('is what Erlang reads', () => {
    const list = ERLANG.map((text) => text.replace(/\.\s*$/, '')).join(', ')
    const program = `io:put_chars(base64:encode(term_to_binary([${list}]))), halt().`
    const bytes = execFileSync('erl', ['+pc', 'unicode', '-noshell', '-eval', program], { encoding: 'utf8' })
    const terms = decode(Buffer.from(bytes, 'base64')) as readonly Term[]
    const ours = decode(encode(ERLANG.map((text) => parseTerm(text, 'erlang')))) as readonly Term[]
    expect(ours.map((term) => inspect(term))).toEqual(terms.map((term) => inspect(term)))
  })

  it('is what Elixir reads', { timeout: 60_000 }, () => {
    const program = `IO.write(Base.encode64(:erlang.term_to_binary([${ELIXIR.map((text) => (text.startsWith('[') ? text : `(${text})`)).join(', ')}])))`
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    const bytes = execFileSync('elixir', ['-e', program], { encoding: 'utf8', env })
    const terms = decode(Buffer.from(bytes, 'base64')) as readonly Term[]
    const ours = decode(encode(ELIXIR.map((text) => parseTerm(text, 'elixir')))) as readonly Term[]
    expect(ours.map((term) => inspect(term))).toEqual(terms.map((term) => inspect(term)))
  })

  it('may be JSON', () => {
    const text = ' {"a" : [1, 2.5, null, true, "x\\u263a\\n"], "b":{}, "c":9007199254740993 } '
    const nested: Term = [1, 2.5, null, true, 'x☺\n']
    expect(parseTerm(text, 'json')).toEqual(
      new Map<string, Term>([
        ['a', nested],
        ['b', new Map()],
        ['c', 9007199254740993n],
      ]),
    )
  })

  it.each<readonly [WrittenSyntax, string, number, RegExp]>([
    ['erlang', '', 1, /it ends/],
    ['erlang', '{a, b', 6, /it ends, expected , or }/],
    ['erlang', '[1, 2}', 6, /unexpected "}", expected , or \] or \|/],
    ['erlang', '{a, Var}', 5, /variable/],
    ['erlang', 'a b', 3, /unexpected "b"/],
    ['erlang', '"abc', 1, /never closed/],
    ['erlang', '{☺}', 2, /unexpected "☺"/],
    ['erlang', '2#12', 1, /base 2/],
    ['erlang', '<<a>>', 3, /not an integer/],
    ['erlang', '<<1:1000000000000>>', 3, /longer than 1 MiB/],
    ['elixir', '"a#{b}"', 3, /would be run as code/],
    ['elixir', '~r/a/', 1, /sigil cannot be read/],
    ['elixir', '[~U[2024-01-31 17:30:00]]', 2, /must be like ~U\[2024-01-31 17:30:00Z\]/],
    ['elixir', '~D[2023-02-29]', 1, /must be like ~D/],
    ['erlang', 'begin', 1, /reserved word/],
    ['erlang', 'fun f/1', 6, /expected :/],
    ['erlang', '#{a, b}', 4, /expected =>/],
    ['erlang', '[|a]', 2, /unexpected "\|"/],
    ['erlang', '"☺', 1, /never closed/],
    ['erlang', `{"☺😀", }`, 8, /unexpected "}"/],
    ['elixir', '{:ok, value}', 7, /colon/],
    ['elixir', '%{a 1}', 3, /colon/],
    ['elixir', ':', 2, /name of an atom/],
    ['json', '{"a":}', 6, /unexpected/],
    ['json', '[1, 2', 6, /it ends/],
    ['json', '{a: 1}', 2, /key in quotation marks/],
    ['json', '[01]', 3, /unexpected/],
    ['erlang', '<<"☺">>', 3, /needs \/utf8/],
  ])('%s %j goes wrong at column %i', (syntax, text, column, says) => {
    let error: unknown
    try {
      parseTerm(text, syntax)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TermSyntaxError)
    expect((error as TermSyntaxError).message).toMatch(says)
    expect((error as TermSyntaxError).column).toBe(column)
    expect((error as TermSyntaxError).message).toContain(`at column ${column}`)
  })

  it('is not nested too deep for the stack', () => {
    expect(() => parseTerm('['.repeat(100_000), 'erlang')).toThrow(/nested over 500 deep at column 501/)
  })

  it('comes back from what inspect writes, in both languages', () => {
    const leaf = fc.oneof(
      fc.integer(),
      fc.bigInt({ min: 2n ** 60n, max: 2n ** 200n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => new Float(value)),
      fc.string({ unit: 'grapheme', maxLength: 8 }).map((name) => atom(`a${name}`)),
      fc.uint8Array({ maxLength: 6 }),
      fc.constantFrom(true, false),
    )
    const { term } = fc.letrec<{ term: Term }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('term'), { maxLength: 4 }),
        fc.array(tie('term'), { maxLength: 4 }).map((elements) => tuple(...elements)),
      ),
    }))
    fc.assert(
      fc.property(term, fc.constantFrom('erlang', 'elixir'), (value, syntax) => {
        const written = inspect(value, { syntax })
        expect(inspect(parseTerm(written, syntax), { syntax })).toBe(written)
      }),
      { numRuns: 1_000 },
    )
  })

  it('any text is a term or a TermSyntaxError within the text', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'{}[]<>|,=>#%:"\'\\$?.~cw aA1_x/^&(fun\n-\u263a') })
    fc.assert(
      fc.property(noise, fc.constantFrom('erlang', 'elixir', 'json'), (text, syntax) => {
        try {
          encode(parseTerm(text, syntax))
        } catch (error) {
          expect(error).toBeInstanceOf(TermSyntaxError)
          expect((error as TermSyntaxError).column).toBeLessThanOrEqual([...text].length + 1)
        }
      }),
    )
  })
})

describe('a term as JSON', () => {
  it.each<readonly [Term, unknown]>([
    [tuple(atom('ok'), Buffer.from('text')), ['ok', 'text']],
    [undefined, null],
    [2n ** 70n, '1180591620717411303424'],
    [new Float(2), 2],
    [Uint8Array.of(255), { base64: '/w==' }],
    [new ImproperList([1], 2), [1, 2]],
    [charlist('ab'), [97, 98]],
    [new Map<Term, Term>([[atom('a'), 1]]), { a: 1 }],
    [new Map<Term, Term>([[1, 2]]), { 1: 2 }],
    [
      new Map<Term, Term>([
        [atom('a'), 1],
        [Buffer.from('a'), 2],
      ]),
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
  ])('%o', (term, json) => {
    expect(toJson(term)).toEqual(json)
  })
})
