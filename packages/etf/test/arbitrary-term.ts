import fc from '@dynsrv/tools/property'
import {
  atom,
  BitString,
  ExternalFun,
  Float,
  ImproperList,
  Pid,
  Port,
  Reference,
  type Term,
  Tuple,
} from '../src/index.ts'

const u32 = fc.nat({ max: 0xffff_ffff })
const node = fc.constantFrom(atom('a@localhost'), atom('b@example.com'))
const creation = fc.integer({ min: 4, max: 0xffff_ffff })
const name = fc.oneof(
  fc.constantFrom('ok', 'error', 'true', 'nil', '', 'two words', 'Elixir.Some.Module', 'é', '日本', '🐢'),
  fc.string({ minLength: 1, maxLength: 2 }),
)

/** How large the numbers of identifiers may be. */
interface IdentifierBounds {
  readonly pid: { readonly id: number; readonly serial: number }
  readonly port: bigint
  readonly reference: { readonly firstWord: number; readonly words: number }
}

const U32 = 0xffff_ffff
/** Since OTP 24. */
const WIDE: IdentifierBounds = {
  pid: { id: U32, serial: U32 },
  port: 2n ** 64n - 1n,
  reference: { firstWord: U32, words: 5 },
}
/** What OTP 23 takes. */
const NARROW: IdentifierBounds = {
  pid: { id: 2 ** 15 - 1, serial: 2 ** 13 - 1 },
  port: 2n ** 28n - 1n,
  reference: { firstWord: 2 ** 18 - 1, words: 3 },
}

const leafOf = ({ pid, port, reference }: IdentifierBounds): fc.Arbitrary<Term> =>
  fc.oneof(
    fc.integer({ min: -300, max: 300 }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 2100n), max: 2n ** 2100n }),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => (Number.isInteger(value) ? new Float(value) : value)),
    name.map((text) => atom(text).value),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.uint8Array({ maxLength: 80 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => [...bytes]),
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 7 })).map(([bytes, bits]) => {
      bytes[bytes.length - 1]! &= 0xff << (8 - bits)
      return new BitString(bytes, bits)
    }),
    fc.tuple(node, fc.nat({ max: pid.id }), fc.nat({ max: pid.serial }), creation).map((parts) => new Pid(...parts)),
    fc.tuple(node, fc.bigInt({ min: 0n, max: port }), creation).map((parts) => new Port(...parts)),
    fc
      .tuple(
        node,
        creation,
        fc.nat({ max: reference.firstWord }),
        fc.array(u32, { minLength: 2, maxLength: reference.words - 1 }),
      )
      .map(([name, made, first, words]) => new Reference(name, made, [first, ...words])),
    fc.tuple(name, name, fc.nat({ max: 255 })).map(([a, b, arity]) => new ExternalFun(atom(a), atom(b), arity)),
  )

export const leaf = leafOf(WIDE)

/** Any term; maps have simple keys, of which no two can be equal unnoticed. */
const termOf = (leaf: fc.Arbitrary<Term>): fc.Arbitrary<Term> =>
  fc.letrec<{ term: Term }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('term'), { maxLength: 6 }),
      fc.array(tie('term'), { maxLength: 6 }).map((elements) => new Tuple(elements)),
      fc
        .tuple(fc.array(tie('term'), { minLength: 1, maxLength: 3 }), leaf)
        .filter(([, tail]) => !Array.isArray(tail))
        .map(([elements, tail]) => new ImproperList(elements, tail)),
      fc
        .uniqueArray(fc.tuple(fc.oneof(fc.integer(), name.map(atom), fc.string()), tie('term')), {
          selector: ([key]) => key,
          maxLength: 6,
        })
        .map((pairs) => new Map(pairs.map(([key, value]) => [typeof key === 'object' ? key.value : key, value]))),
    ),
  })).term

export const term = termOf(leaf)

/** Terms and leaves that a release of OTP knows. */
export function knownTo(release: number): { readonly leaf: fc.Arbitrary<Term>; readonly term: fc.Arbitrary<Term> } {
  if (release >= 24) return { leaf, term }
  const narrow = leafOf(NARROW)
  return { leaf: narrow, term: termOf(narrow) }
}
