// The two classes of nc_SUITE.
import { atom, decode, encode, equals, ImproperList, Tuple, tuple } from '@dynsrv/etf'
import { answers, nodeNamed } from './our-node.mjs'

const BYE = atom('bye')
/** So that 1.0 goes back as 1.0. */
const EXACT = { float: 'boxed' }

/** Announces itself, and gives back what it gets, some of it turned round. */
export async function echoServer([name, cookie, peer, server, mode]) {
  const node = await nodeNamed(name, { cookie, decode: EXACT })
  const mailbox = node.mailbox()
  mailbox.send({ name: server, node: peer }, tuple(atom('echo_server'), atom(name), mailbox.pid))
  const seen = new Seen()
  for await (const message of mailbox) {
    if (message === BYE) return 0
    if (!(message instanceof Tuple)) return 2
    const [from, term, twist] = message.elements
    const reply = twist === undefined ? [term] : [twisted(term, twist, mode === 'unicode', seen), twist]
    seen.add(term)
    mailbox.send(from, tuple(mailbox.pid, ...reply))
  }
  return 3
}

/** Terms that can be found again by value: what a `HashSet` is for Java. */
class Seen {
  #terms = new Map()

  add(term) {
    const key = keyOf(term)
    this.#terms.set(key, [...(this.#terms.get(key) ?? []), term])
  }

  has(term) {
    return (this.#terms.get(keyOf(term)) ?? []).some((each) => equals(each, term))
  }

  clear() {
    this.#terms.clear()
  }
}

function keyOf(term) {
  const bytes = encode(term, { deterministic: true })
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1') + bytes.length
}

function twisted(term, twist, unicode, seen) {
  switch (twist.name) {
    case 'binary':
      return decode(term, EXACT)
    case 'compress':
      return encode(term, { compressed: true })
    case 'bigint':
      return numbersOf(BigInt(term))
    case 'tail':
      return tailOf(term, 1)
    case 'tail3':
      return tailOf(term, 3)
    case 'strcat':
      return term.flat()
    case 'sub3atom':
      return atom(String.fromCodePoint(...term.slice(3)))
    case 'utf8':
      return isText(term) ? Buffer.from(String.fromCodePoint(...term)) : term
    case 'to_string_neg_int_list':
      return isText(term) ? unitsOf(term).map((unit) => -unit) : term
    case 'to_neg_int_list':
      return unicode && isText(term) ? term.map((point) => -point) : term
    case 'hash_lookup':
      return seen.has(term)
    case 'hash_clear':
      seen.clear()
      return atom('hash_cleared')
    default:
      return term
  }
}

/** What `OtpErlangLong` says about an integer. */
function numbersOf(value) {
  const low = BigInt.asIntN(64, value)
  const isLong = low === value
  const isUnsigned = value >= 0n && value < 2n ** 64n
  const bits = (value < 0n ? -value - 1n : value).toString(2)
  const length = bits === '0' ? 0 : bits.length
  const sign = value === 0n ? 0 : value < 0n ? -1 : 1
  return tuple(value, sign * length, low, isLong ? 1 : 0, isUnsigned ? 1 : 0)
}

function tailOf(list, count) {
  const items = list instanceof ImproperList ? list.elements : list
  const tail = list instanceof ImproperList ? list.tail : []
  if (items.length < count || (Array.isArray(list) && items.length === 0)) return atom('null')
  const rest = items.slice(count)
  if (rest.length === 0) return tail
  return list instanceof ImproperList ? new ImproperList(rest, tail) : rest
}

/** Whether a list is a string of Erlang. */
function isText(list) {
  return Array.isArray(list) && list.every(isCodePoint)
}

function isCodePoint(value) {
  return Number.isInteger(value) && value >= 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff)
}

function unitsOf(points) {
  const text = points.map((point) => String.fromCodePoint(point)).join('')
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
}

/** Connects to each node that it is asked to connect to. */
export async function connectionServer([name, cookie, peer, server]) {
  const node = await nodeNamed(name, { cookie })
  const mailbox = node.mailbox('connection_server')
  mailbox.send({ name: server, node: peer }, tuple(atom('connection_server'), atom(name), mailbox.pid))
  for await (const message of mailbox) {
    if (!(message instanceof Tuple)) return 0
    const [from, wanted] = message.elements
    mailbox.send(from, tuple(mailbox.pid, wanted, await answers(node, wanted.name, 1_000)))
  }
  return 3
}
