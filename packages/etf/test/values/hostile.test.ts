import { describe, expect, it } from 'vitest'
import { atom, decode, ElixirError, encode, type Term } from '../../src/index.ts'

const plain = (term: Term) => decode(encode(term), { values: 'plain' })

describe('plain values of terms that want to hurt', () => {
  it.each([
    '0',
    '7',
    '1000',
    '4294967295',
  ])('a map with the key %s, for which V8 keeps a place for each number below, stays a Map', (key) => {
    expect(plain(new Map([[key, 1]]))).toEqual(new Map([[key, 1]]))
    expect(plain(new Map<Term, Term>([[atom(key), 1]]))).toEqual(new Map([[atom(key), 1]]))
  })

  it.each(['a1', '1.5', '-1', '12345678901', '1e3'])('one with the key %s is an object', (key) => {
    expect(plain(new Map([[key, 1]]))).toEqual({ [key]: 1 })
  })

  it('exceptions inside exceptions cost nothing before somebody reads what they say', () => {
    const levels = 20_000
    const name = (text: string) => [119, text.length, ...Buffer.from(text)]
    const front = [
      116,
      0,
      0,
      0,
      3,
      ...name('__struct__'),
      ...name('Elixir.Deep'),
      ...name('__exception__'),
      ...name('true'),
      ...name('in'),
    ]
    const bytes = Buffer.concat([Buffer.from([131]), ...Array(levels).fill(Buffer.from(front)), Buffer.from([97, 1])])
    const error = decode(bytes, { values: 'plain' }) as unknown as ElixirError
    expect(error).toBeInstanceOf(ElixirError)
    expect(error.name).toBe('Deep')
    expect(encode(error)).toEqual(new Uint8Array(encode(decode(bytes))))
  })

  it('what an exception says does nothing to a terminal', () => {
    const error = plain(
      new Map<Term, Term>([
        [atom('__struct__'), atom('Elixir.RuntimeError')],
        [atom('__exception__'), true],
        [atom('message'), 'a\u001b[2Jb\u0007\r\nc\u009b\td'],
      ]),
    ) as unknown as ElixirError
    expect(error.message).toBe('a\\u{1b}[2Jb\\u{7}\nc\\u{9b}\td')
    expect(error.struct.message).toBe('a\u001b[2Jb\u0007\r\nc\u009b\td')
  })

  it('a URI that is longer than any stays an object', () => {
    const uri = (host: string) =>
      new Map<Term, Term>([
        ...Object.entries({ scheme: 'http', host, path: '/', port: 80 }).map(([key, value]): [Term, Term] => [
          atom(key),
          value,
        ]),
        ...['authority', 'fragment', 'query', 'userinfo'].map((key): [Term, Term] => [atom(key), null]),
        [atom('__struct__'), atom('Elixir.URI')],
      ])
    expect(plain(uri('a.test'))).toEqual(new URL('http://a.test/'))
    expect(plain(uri('好'.repeat(60_000)))).toMatchObject({ host: '好'.repeat(60_000) })
  })
})
