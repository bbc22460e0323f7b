import { ANY, type Leaf, leaf, NEVER, type Type, unionOf } from './type.ts'

/** What integers without bounds become: numbers, or numbers and bigints. */
export type Integers = 'number' | 'exact'

/** The types of integers by their bounds. */
export const ENDED: Readonly<Record<string, readonly [min: bigint | undefined, max: bigint | undefined]>> = {
  integer: [undefined, undefined],
  non_neg_integer: [0n, undefined],
  pos_integer: [1n, undefined],
  neg_integer: [undefined, -1n],
  byte: [0n, 255n],
  char: [0n, 0x10ffffn],
  arity: [0n, 255n],
}

/** An integer within bounds. One that a number always holds is a number. */
export function integerLeaf(integers: Integers, min?: bigint, max?: bigint): Leaf {
  const isSafe = (bound: bigint | undefined) => bound !== undefined && Number.isSafeInteger(Number(bound))
  const asNumber = integers === 'number' || (isSafe(min) && isSafe(max))
  const written = [min, max].map((bound) => (bound === undefined ? 'null' : isSafe(bound) ? `${bound}` : `${bound}n`))
  const bounds = max !== undefined ? written.join(', ') : min !== undefined ? written[0] : ''
  if (asNumber) return leaf('number', bounds === '' ? 't.int()' : `t.range(${bounds})`)
  return leaf('number | bigint', `t.integer(${bounds})`)
}

const ATOM = leaf('Atom', 't.atom()', 'Atom')
const PID = leaf('Pid', 't.pid()', 'Pid')
const PORT = leaf('Port', 't.port()', 'Port')
const REFERENCE = leaf('Reference', 't.reference()', 'Reference')
const NIL = leaf('readonly []', 't.literal([])')

/** The other types that Erlang has by itself. */
export const BUILT_IN: Readonly<Record<string, Type>> = {
  any: ANY,
  term: ANY,
  dynamic: ANY,
  none: NEVER,
  no_return: NEVER,
  atom: ATOM,
  module: ATOM,
  node: ATOM,
  boolean: leaf('boolean', 't.boolean()'),
  float: leaf('number', 't.float()'),
  number: leaf('number', 't.number()'),
  nil: NIL,
  pid: PID,
  port: PORT,
  reference: REFERENCE,
  identifier: unionOf([PID, PORT, REFERENCE]),
  function: leaf('Fun | ExternalFun', 't.fun()', 'Fun', 'ExternalFun'),
  string: leaf('string', 't.charlist()'),
  nonempty_string: leaf('string', 't.charlist(1)'),
  nonempty_binary: leaf('Uint8Array', 't.bytes(8, 8)'),
  nonempty_bitstring: leaf('Uint8Array | BitString', 't.bits(1, 1)', 'BitString'),
  iodata: leaf('Uint8Array', 't.iodata()'),
  iolist: leaf('Uint8Array', 't.iolist()'),
  mfa: {
    is: 'tuple',
    elements: [
      { name: 'module', of: ATOM },
      { name: 'function', of: ATOM },
      { name: 'arity', of: integerLeaf('number', 0n, 255n) },
    ],
  },
  timeout: unionOf([{ is: 'atom', name: 'infinity' }, integerLeaf('number', 0n)]),
}
