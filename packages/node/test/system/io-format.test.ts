import { toUSVString } from 'node:util'
import { type Atom, atom, charlist, Float, inspect, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import fc from '@dynsrv/tools/property'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { chardata } from '../../src/system/chardata.ts'
import { ioFormat } from '../../src/system/io-format.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
let printed = ''
beforeAll(async () => {
  erl = await startBeamPeer('prints')
  node = await startOurs('leads', {
    output: (text) => {
      printed += text
    },
  })
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

/** What `io_lib` makes of it; undefined where it raises. */
async function ofOtp(format: string, args: readonly Term[]): Promise<string | undefined> {
  try {
    return chardata(await node.erpc(erl.name, 'io_lib', 'format', [charlist(format), args]), 'unicode')
  } catch (error) {
    expect(error).toMatchObject({ code: 'NODE_REMOTE_ERROR' })
    return undefined
  }
}

const atoms = fc.constantFrom<Atom>(...['a', 'abc', 'Abc', 'a b', 'é', 'if', "it's", 'λ', ''].map((name) => atom(name)))
const texts = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('', 'abc', 'a"b\\c', 'line\nbreak\ttab\u001b', 'é', 'λ', 'x'.repeat(90)),
)
const floats = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 0.125, 0.5, 1, 99.995, 1e22, 1e-7, 0.1, 123.456, 9999.5, 10_000),
)
const leaves = fc.oneof(
  atoms,
  fc.integer(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  floats.map((value) => new Float(value)),
  texts.map((text) => Buffer.from(toUSVString(text))),
  texts.map((text) => charlist(text)),
  fc.uint8Array({ maxLength: 4 }),
  fc.constantFrom<Term>(true, false, null, undefined, []),
)
const terms: fc.Arbitrary<Term> = fc.letrec<{ term: Term }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaves as fc.Arbitrary<Term>,
    fc.array(tie('term'), { maxLength: 4 }),
    fc.array(tie('term'), { maxLength: 4 }).map((elements) => new Tuple(elements)),
  ),
})).term

/** What each letter takes. */
const ARGUMENTS: Readonly<Record<string, fc.Arbitrary<readonly Term[]>>> = {
  n: fc.constant([]),
  '~': fc.constant([]),
  i: terms.map((term) => [term]),
  c: fc.integer({ min: 0, max: 0x3ff }).map((code) => [code]),
  s: fc
    .oneof(
      atoms,
      texts.map((text) => Buffer.from(toUSVString(text))),
      texts.map((text) => charlist(text)),
      fc.constant(true),
    )
    .map((term) => [term]),
  ...Object.fromEntries(['w', 'p'].map((letter) => [letter, terms.map((term): readonly Term[] => [term])])),
  ...Object.fromEntries(
    ['W', 'P'].map((letter) => [
      letter,
      fc.tuple(terms, fc.integer({ min: -1, max: 9 })) as fc.Arbitrary<readonly Term[]>,
    ]),
  ),
  ...Object.fromEntries(
    ['b', 'B', '+', '#'].map((letter) => [
      letter,
      fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n })).map((value): readonly Term[] => [value]),
    ]),
  ),
  ...Object.fromEntries(
    ['x', 'X'].map((letter) => [
      letter,
      fc.tuple(fc.integer(), fc.constantFrom<Term>(charlist('0x'), atom('pre'), charlist(''))) as fc.Arbitrary<
        readonly Term[]
      >,
    ]),
  ),
  ...Object.fromEntries(
    ['f', 'e', 'g'].map((letter) => [letter, floats.map((value): readonly Term[] => [new Float(value)])]),
  ),
}

const option = (values: readonly string[]) => fc.constantFrom('', '', ...values)
const sequences = fc.constantFrom(...Object.keys(ARGUMENTS)).chain((letter) =>
  fc
    .tuple(
      option(['0', '1', '3', '10', '-10', '-3', '20', '300', '-4096']),
      option(['.0', '.1', '.2', '.3', '.8', '.16', '.37', '.300', '.4096.x', '..0', '.4..', '.3.x', '..*']),
      fc.constantFrom('', '', 't', 'l', 'tl'),
      ARGUMENTS[letter]!,
    )
    .map(([width, rest, modifiers, args]) => ({
      text: `~${width}${rest}${'sctwpWP'.includes(letter) ? modifiers : ''}${letter}`,
      args: rest.endsWith('*') ? [45, ...args] : args,
    })),
)
const formats = fc
  .array(
    fc.oneof(
      sequences,
      fc.constantFrom('text ', '\n', 'é').map((text) => ({ text, args: [] as Term[] })),
    ),
    { maxLength: 4 },
  )
  .map((parts) => ({ format: parts.map(({ text }) => text).join(''), args: parts.flatMap(({ args }) => args) }))

it('what is certain is what io_lib makes of it', async () => {
  let certain = 0
  await fc.assert(
    fc.asyncProperty(formats, async ({ format, args }) => {
      const made = ioFormat(format, args)
      if (made === undefined) return
      certain++
      expect(made, `${JSON.stringify(format)} ${inspect([...args])}`).toBe(await ofOtp(format, args))
    }),
    { numRuns: 3_000 },
  )
  expect(certain).toBeGreaterThan(800)
})

it('what is printed is what io_lib makes of it, whatever it is, and what it refuses is refused', async () => {
  await fc.assert(
    fc.asyncProperty(formats, async ({ format, args }) => {
      printed = ''
      const expected = await ofOtp(format, args)
      const outcome = await node.erpc(erl.name, 'io', 'format', [charlist(format), args]).catch(() => undefined)
      expect(outcome, `${JSON.stringify(format)} ${inspect([...args])}`).toBe(
        expected === undefined ? undefined : atom('ok'),
      )
      expect(printed).toBe(expected ?? '')
    }),
    { numRuns: 1_000 },
  )
})

it('formats that programs use are known without a question', () => {
  const certain: [string, Term[], string][] = [
    ['~s is ~p~n', [charlist('x'), tuple(1, atom('a'))], 'x is {1,a}\n'],
    ['~ts: ~tp', [Buffer.from('né'), charlist('ok')], 'né: "ok"'],
    ['~w ~p', [charlist('ab'), Buffer.from('ab')], '[97,98] <<"ab">>'],
    ['~b ~.16B ~4..0b ~.16#', [5, 255, 7, 255], '5 FF 0007 16#FF'],
    ['~.2f ~e ~g', [new Float(1.005), new Float(1), new Float(0.25)], '1.00 1.00000e+0 0.250000'],
    ['~10s|~-10s|~3s', [atom('abc'), atom('abc'), atom('abcdef')], '       abc|abc       |abc'],
    ['~c~2c~~~i', [97, 98, atom('x')], 'abb~'],
  ]
  for (const [format, args, expected] of certain) expect(ioFormat(format, args), format).toBe(expected)
})

it('leaves the digits of large integers to the node that prints', () => {
  const large = 2n ** 40_000n
  for (const [format, args] of [
    ['~w', [large]],
    ['~p', [[large]]],
    ['~b', [large]],
    ['~.36B', [-large]],
  ] as const) {
    expect(ioFormat(format, args), format).toBeUndefined()
  }
})
