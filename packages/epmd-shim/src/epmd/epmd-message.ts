import { isDialable } from '../dist-port.ts'
import { EpmdError } from '../error.ts'

/** What a node reports about itself in `ALIVE2_REQ`, and epmd about a node in `PORT2_RESP`. */
export interface EpmdNode {
  /** The part before the `@`, without host. */
  readonly name: string
  /** Its distribution port. */
  readonly port: number
  readonly hidden: boolean
  /** The range of distribution versions that it speaks: 5 to 6 since OTP 23, 5 to 5 before. */
  readonly highestVersion: number
  readonly lowestVersion: number
  /** Opaque bytes; empty for every known node. */
  readonly extra: Uint8Array
}

/** A request to epmd, named as in the specification. */
export type EpmdRequest =
  | { readonly kind: 'ALIVE2_REQ'; readonly node: EpmdNode }
  | { readonly kind: 'PORT_PLEASE2_REQ'; readonly name: string }
  | { readonly kind: 'NAMES_REQ' }
  | { readonly kind: 'DUMP_REQ' }
  | { readonly kind: 'KILL_REQ' }
  | { readonly kind: 'STOP_REQ'; readonly name: string }

/** What a server can read: it has to refuse a registration under a name that is not UTF-8 with an answer. */
export type ReceivedRequest = EpmdRequest | { readonly kind: 'ALIVE2_REQ_UNREADABLE'; readonly highestVersion: number }

/** epmd's answer to a registration; a refusal carries no usable creation. */
export interface AliveReply {
  readonly accepted: boolean
  readonly creation: number
}

const ALIVE2_REQ = 120
const PORT_PLEASE2_REQ = 122
const NAMES_REQ = 110
const DUMP_REQ = 100
const KILL_REQ = 107
const STOP_REQ = 115
const PORT2_RESP = 119
const ALIVE2_X_RESP = 118
const ALIVE2_RESP = 121

const NORMAL_NODE = 77
const HIDDEN_NODE = 72
const TCP_IPV4 = 0
/** What a refusal carries in place of a creation. */
const REFUSED_CREATION = 99

/** Where every epmd listens by default. */
export const EPMD_PORT = 4369
/** The versions of the distribution that nodes of OTP 23 and later speak. */
export const VERSIONS = { highestVersion: 6, lowestVersion: 5 } as const

/** The longest body that epmd reads. */
export const MAX_REQUEST_BYTES = 3057
/** epmd drops a registration whose body is not longer than this. */
const SHORTEST_ALIVE_BYTES = 14

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A request with its length in front, as a client sends it. */
export function encodeRequest(request: EpmdRequest): Uint8Array {
  const body = requestBody(request)
  if (body.length > MAX_REQUEST_BYTES) {
    const hint = `Shorten the name: epmd reads at most ${MAX_REQUEST_BYTES} bytes.`
    throw new EpmdError('EPMD_BAD_OPTION', `${request.kind} would be ${body.length} bytes long`, { hint })
  }
  return bytes(u16(body.length), body)
}

/**
 * Reads the body of a request, the bytes after its length.
 *
 * @returns `undefined` for what the real epmd answers by closing the connection: an unknown request, a length that
 *   overruns the body, a NUL inside a name, a name asked for that is empty or not UTF-8
 */
export function decodeRequestBody(body: Uint8Array): ReceivedRequest | undefined {
  switch (body[0]) {
    case ALIVE2_REQ:
      return aliveRequest(body)
    case PORT_PLEASE2_REQ: {
      const name = askedName(body.subarray(1))
      return name === undefined ? undefined : { kind: 'PORT_PLEASE2_REQ', name }
    }
    case NAMES_REQ:
      return { kind: 'NAMES_REQ' }
    case DUMP_REQ:
      return { kind: 'DUMP_REQ' }
    case KILL_REQ:
      return { kind: 'KILL_REQ' }
    case STOP_REQ: {
      const name = askedName(body.subarray(1))
      return name === undefined ? undefined : { kind: 'STOP_REQ', name }
    }
    default:
      return undefined
  }
}

/** `ALIVE2_X_RESP` for a node of version 6, `ALIVE2_RESP` with its 16-bit creation for an older one. */
export function encodeAliveReply({ accepted, creation }: AliveReply, highestVersion: number): Uint8Array {
  const result = accepted ? 0 : 1
  const number = accepted ? creation : REFUSED_CREATION
  return highestVersion >= 6 ? bytes([ALIVE2_X_RESP, result], u32(number)) : bytes([ALIVE2_RESP, result], u16(number))
}

/**
 * Reads the answer to a registration from what has come so far.
 *
 * @returns `undefined` while bytes are missing
 * @throws {EpmdError} `EPMD_MALFORMED_REPLY`
 */
export function decodeAliveReply(reply: Uint8Array): AliveReply | undefined {
  const [kind, result] = reply
  if (kind === undefined) return
  if (kind !== ALIVE2_X_RESP && kind !== ALIVE2_RESP) throw malformed('a registration', reply)
  const length = kind === ALIVE2_X_RESP ? 6 : 4
  if (reply.length < length) return
  const view = viewOf(reply)
  return { accepted: result === 0, creation: kind === ALIVE2_X_RESP ? view.getUint32(2) : view.getUint16(2) }
}

/** `PORT2_RESP`; without a node it says that no node has that name. */
export function encodePortReply(node: EpmdNode | undefined): Uint8Array {
  return node === undefined ? Uint8Array.of(PORT2_RESP, 1) : bytes([PORT2_RESP, 0], nodeFields(node))
}

/**
 * Reads the whole answer to a lookup, up to the end of the connection.
 *
 * @returns `undefined` when no node has that name
 * @throws {EpmdError} `EPMD_NO_REPLY` when the connection ended with no byte, `EPMD_MALFORMED_REPLY`
 */
export function decodePortReply(reply: Uint8Array): EpmdNode | undefined {
  if (reply.length === 0) {
    const hint = 'Check that epmd itself listens there. It also closes silently on a name that is empty or not UTF-8.'
    throw new EpmdError('EPMD_NO_REPLY', 'epmd closed the connection without an answer', { hint })
  }
  if (reply[0] !== PORT2_RESP || reply.length < 2) throw malformed('a lookup', reply)
  if (reply[1] !== 0) return
  const node = readNodeFields(reply.subarray(2))
  if (node === undefined || typeof node === 'number') throw malformed('a lookup', reply)
  return node
}

/** The answer to `NAMES_REQ`: epmd's own port and a line for each node. */
export function encodeNamesReply(epmdPort: number, nodes: Iterable<{ name: string; port: number }>): Uint8Array {
  const lines = Array.from(nodes, ({ name, port }) => `name ${name} at port ${port}\n`)
  return bytes(u32(epmdPort), encoder.encode(lines.join('')))
}

/**
 * Reads the whole answer to `NAMES_REQ`. It leaves out lines that name no node, or a port that nobody can dial.
 *
 * @throws {EpmdError} `EPMD_NO_REPLY`; `EPMD_MALFORMED_REPLY` when none of its lines names a node
 */
export function decodeNamesReply(reply: Uint8Array): readonly { name: string; port: number }[] {
  const lines = textAfterPort(reply, 'a list of names')
    .split('\n')
    .filter((line) => line !== '')
  const named = lines.flatMap((line) => {
    const [, name, port] = /^name (.*) at port (\d+)$/.exec(line) ?? []
    return name !== undefined && isDialable(Number(port)) ? [{ name, port: Number(port) }] : []
  })
  if (lines.length > 0 && named.length === 0) throw malformed('a list of names', reply)
  return named
}

/** One line of a dump. */
export interface EpmdDumpLine {
  readonly name: string
  readonly port: number
  /** `false` for a name that epmd only remembers, to give it another creation when it comes back. */
  readonly active: boolean
  /** The number of the connection inside epmd. */
  readonly fd: number
}

/** The answer to `DUMP_REQ`: epmd's own port and a NUL-terminated line for each node. */
export function encodeDumpReply(epmdPort: number, lines: Iterable<EpmdDumpLine>): Uint8Array {
  const texts = Array.from(lines, ({ name, port, active, fd }) =>
    active
      ? `active name     <${name}> at port ${port}, fd = ${fd}\n\0`
      : `old/unused name <${name}>, port = ${port}, fd = ${fd} \n\0`,
  )
  return bytes(u32(epmdPort), encoder.encode(texts.join('')))
}

/**
 * Reads the whole answer to `DUMP_REQ`.
 *
 * @throws {EpmdError} `EPMD_NO_REPLY` (also when we are not on epmd's machine), `EPMD_MALFORMED_REPLY`
 */
export function decodeDumpReply(reply: Uint8Array): readonly EpmdDumpLine[] {
  return textAfterPort(reply, 'a dump')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(active|old\/unused) name +<(.*)>(?: at port |, port = )(\d+), fd = (-?\d+) ?\n$/s.exec(line)
      const [, state, name = '', port, fd] = match ?? []
      if (state === undefined) throw malformed('a dump', reply)
      return { name, port: Number(port), active: state === 'active', fd: Number(fd) }
    })
}

function requestBody(request: EpmdRequest): Uint8Array {
  switch (request.kind) {
    case 'ALIVE2_REQ':
      return bytes([ALIVE2_REQ], nodeFields(request.node))
    case 'PORT_PLEASE2_REQ':
      return bytes([PORT_PLEASE2_REQ], encoder.encode(request.name))
    case 'NAMES_REQ':
      return Uint8Array.of(NAMES_REQ)
    case 'DUMP_REQ':
      return Uint8Array.of(DUMP_REQ)
    case 'KILL_REQ':
      return Uint8Array.of(KILL_REQ)
    case 'STOP_REQ':
      return bytes([STOP_REQ], encoder.encode(request.name))
  }
}

function aliveRequest(body: Uint8Array): ReceivedRequest | undefined {
  if (body.length < SHORTEST_ALIVE_BYTES) return
  const node = readNodeFields(body.subarray(1))
  if (node === undefined) return
  if (typeof node === 'number') return { kind: 'ALIVE2_REQ_UNREADABLE', highestVersion: node }
  return node.name.includes('\0') ? undefined : { kind: 'ALIVE2_REQ', node }
}

function nodeFields({ name, port, hidden, highestVersion, lowestVersion, extra }: EpmdNode): Uint8Array {
  const text = encoder.encode(name)
  return bytes(
    u16(port),
    [hidden ? HIDDEN_NODE : NORMAL_NODE, TCP_IPV4],
    u16(highestVersion),
    u16(lowestVersion),
    u16(text.length),
    text,
    u16(extra.length),
    extra,
  )
}

/** @returns `undefined` when a length overruns the input, the highest version alone when the name is not UTF-8 */
function readNodeFields(input: Uint8Array): EpmdNode | number | undefined {
  if (input.length < 10) return
  const view = viewOf(input)
  const highestVersion = view.getUint16(4)
  const nameEnd = 10 + view.getUint16(8)
  if (nameEnd + 2 > input.length) return
  const extraEnd = nameEnd + 2 + view.getUint16(nameEnd)
  if (extraEnd > input.length) return
  const name = utf8(input.subarray(10, nameEnd))
  if (name === undefined) return highestVersion
  return {
    name,
    port: view.getUint16(0),
    hidden: input[2] === HIDDEN_NODE,
    highestVersion,
    lowestVersion: view.getUint16(6),
    // A copy of its own: `slice` of a Buffer would keep pointing into the chunk of the socket.
    extra: Uint8Array.from(input.subarray(nameEnd + 2, extraEnd)),
  }
}

/** Clients written in C send one NUL at the end. */
function askedName(input: Uint8Array): string | undefined {
  const name = utf8(input.at(-1) === 0 ? input.subarray(0, -1) : input)
  return name === undefined || name === '' || name.includes('\0') ? undefined : name
}

function textAfterPort(reply: Uint8Array, what: string): string {
  if (reply.length === 0) {
    throw new EpmdError('EPMD_NO_REPLY', 'epmd closed the connection without an answer')
  }
  const text = reply.length < 4 ? undefined : utf8(reply.subarray(4))
  if (text === undefined) throw malformed(what, reply)
  return text
}

function utf8(input: Uint8Array): string | undefined {
  try {
    return decoder.decode(input)
  } catch (error) {
    if (error instanceof TypeError) return
    throw error
  }
}

function malformed(what: string, reply: Uint8Array): EpmdError {
  const start = Buffer.from(reply.subarray(0, 16)).toString('hex')
  return new EpmdError('EPMD_MALFORMED_REPLY', `the answer to ${what} is not one of epmd: ${start}`)
}

function viewOf(input: Uint8Array): DataView {
  return new DataView(input.buffer, input.byteOffset, input.byteLength)
}

function u16(value: number): readonly number[] {
  return [value >>> 8, value & 0xff]
}

function u32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}

function bytes(...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
