import { Atom, type Term, Tuple } from '@dynsrv/etf'

// What the abstract format of Erlang is made of. Whatever is not as expected is undefined: a form may be of a newer OTP.

/** The elements of a tuple; none for another term. */
export function parts(term: Term): readonly Term[] {
  return term instanceof Tuple ? term.elements : []
}

/** The elements of a list; none for another term. */
export function items(term: Term): readonly Term[] {
  return Array.isArray(term) ? (term as readonly Term[]) : []
}

/** The name of an atom; undefined for another term. */
export function nameOf(term: Term): string | undefined {
  if (term instanceof Atom) return term.name
  if (term === null) return 'nil'
  // The atom `undefined` is never told apart here from what is missing: no form has it where it matters.
  return typeof term === 'boolean' ? String(term) : undefined
}

/** The name of `{atom, Line, Name}`; the atom `undefined` is read too. */
export function atomLiteral(form: Term): string | undefined {
  const all = parts(form)
  const [kind, , value] = all
  if (nameOf(kind) !== 'atom' || all.length !== 3) return undefined
  return value === undefined ? 'undefined' : nameOf(value)
}

/** The value of a constant expression of integers and characters, such as `-1` or `1 bsl 32 - 1`. */
export function integerValue(form: Term, depth = 0): bigint | undefined {
  const [kind, , ...rest] = parts(form)
  const name = nameOf(kind)
  if (depth > 100) return undefined
  if (name === 'integer' || name === 'char') {
    const [value] = rest
    return typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value as number | bigint) : undefined
  }
  if (name !== 'op') return undefined
  const [operator, ...operands] = rest
  const [a, b] = operands.map((each) => integerValue(each, depth + 1))
  if (a === undefined) return undefined
  if (operands.length === 1) return UNARY[nameOf(operator) ?? '']?.(a)
  return b === undefined ? undefined : BINARY[nameOf(operator) ?? '']?.(a, b)
}

const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = { '-': (a) => -a, '+': (a) => a, bnot: (a) => ~a }

/** What shifts further would take all memory. */
const MOST_SHIFT = 4096n

const BINARY: Readonly<Record<string, (a: bigint, b: bigint) => bigint | undefined>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  div: (a, b) => (b === 0n ? undefined : a / b),
  rem: (a, b) => (b === 0n ? undefined : a % b),
  band: (a, b) => a & b,
  bor: (a, b) => a | b,
  bxor: (a, b) => a ^ b,
  bsl: (a, b) => (b < 0n || b > MOST_SHIFT ? undefined : a << b),
  bsr: (a, b) => (b < 0n || b > MOST_SHIFT ? undefined : a >> b),
}
