import {
  Atom,
  atom,
  BitString,
  charlist,
  equals,
  Float,
  ImproperList,
  Pid,
  Reference,
  type Term,
  Tuple,
  tuple,
} from '@dynsrv/etf'
import fc from '@dynsrv/tools/property'
import { expect, it } from 'vitest'
import { termKey } from '../../src/process/term-key.ts'

const NODE = atom('a@h')
const LEAVES: readonly Term[] = [
  ...[0, 1, -1, 1n, 2n ** 70n, 1.5, true, false, null, undefined, '', '1', 'a', 'é'],
  ...[new Float(0), new Float(-0), new Float(1), new Float(-1), new Float(1.5)],
  ...[atom('1'), atom('a'), atom('true'), atom('nil'), atom('undefined'), atom('<a@h.1.0>'), atom('#{}')],
  ...[charlist('a'), Buffer.from('a'), Buffer.from([0xe9]), Buffer.from('é'), new BitString(new Uint8Array([0x61]), 7)],
  ...[[], tuple(), new Map(), {}],
  ...[1, 2].flatMap((creation) => [new Pid(NODE, 1, 0, creation), new Reference(NODE, creation, [1, 2])]),
]
/** A map has a key once. */
function mapOf(pairs: readonly (readonly [Term, Term])[]): Map<Term, Term> {
  return new Map(pairs.filter(([key], index) => !pairs.slice(0, index).some(([other]) => equals(key, other))))
}

const leaf = fc.constantFrom<Term>(...LEAVES)
const terms: fc.Arbitrary<Term> = fc.letrec<{ term: Term }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('term'), { maxLength: 3 }),
    fc.array(tie('term'), { maxLength: 3 }).map((elements) => new Tuple(elements)),
    fc.array(fc.tuple(leaf, tie('term')), { maxLength: 3 }).map((pairs) => mapOf(pairs)),
    fc
      .tuple(
        leaf.filter((term) => !Array.isArray(term)),
        tie('term'),
      )
      .map(([tail, term]) => new ImproperList([term], tail)),
  ),
})).term

/** Another value for the same term, as far as there is one. */
function again(term: Term): Term {
  if (Array.isArray(term)) return term.map(again)
  if (term instanceof Tuple) return new Tuple(term.elements.map(again))
  if (term instanceof Map) return new Map([...term].toReversed().map(([key, value]) => [key, again(value)]))
  if (term instanceof Atom && term.value !== term) return term.value
  return typeof term === 'string' ? Buffer.from(term) : term
}

it('is equal exactly for equal terms', () => {
  for (const a of LEAVES) for (const b of LEAVES) expect(termKey(a) === termKey(b), `${a} ${b}`).toBe(equals(a, b))
  fc.assert(
    fc.property(terms, terms, (a, b) => (termKey(a) === termKey(b)) === equals(a, b)),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(terms, (term) => termKey(term) === termKey(again(term))),
    { numRuns: 2_000 },
  )
})

it('takes terms as deep as they come in', () => {
  let term: Term = []
  for (let depth = 0; depth < 100_000; depth++) term = tuple([new Map([['k', term]])])
  expect(termKey(term)).toBe(termKey(term))
})
