import { Atom, atom, encodedLength, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { messageOf, oneLine } from '@dynsrv/kit'
import type { Warn } from '../call/outcome.ts'
import type { SystemHandlers } from '../call/system-server.ts'
import { NodeError } from '../error.ts'
import type { Output } from '../node-options.ts'
import { type PeerUses, Place } from '../process/peer-use.ts'
import { chardata, type Encoding } from './chardata.ts'
import { ioFormat, ioWrite } from './io-format.ts'
import { PrintedText } from './printed-text.ts'

export interface GroupLeaderParts {
  readonly output: Output
  readonly send: (to: Pid, message: Term) => void
  /** Calls a function of OTP's `io_lib` on another node. */
  readonly ask: (node: string, name: string, args: readonly Term[]) => Promise<Term>
  /** How much one request may print. Unit: bytes */
  readonly maxPrintedBytes: number
  readonly warn: Warn
  readonly uses: PeerUses
}

const OK = atom('ok')
const ERROR = atom('error')
const IO_LIB = atom('io_lib')
const REQUESTS = atom('requests')
const NOT_SUPPORTED = tuple(ERROR, atom('enotsup'))

/** What an answer to a request is: a term, or one that comes when the node that prints has formatted it. */
type Reply = Term | Promise<Term>

/**
 * The group leader of what runs elsewhere in our name: `io:format` and `IO.puts` there end up here. There is no input.
 *
 * A request takes time in proportion to its size, and prints no more than `maxPrintedBytes`, so that a few bytes of a format
 * do not become gigabytes. What is cut is a success to the process that prints: it goes on.
 *
 * What `io_lib` makes of a term depends on the release and on the node, such as the order of a map and how it calls its own
 * processes. Where that matters, the node that sent the request is asked to format what it wants printed: the one that sent
 * it, whatever process it names. Functions of other modules, which a group leader of OTP would call, are called nowhere.
 *
 * @see OTP `io_protocol`
 */
export function groupLeader(parts: GroupLeaderParts): NonNullable<SystemHandlers['info']> {
  const { output, send, ask, warn, uses } = parts
  return (message, origin) => {
    if (!(message instanceof Tuple) || message.length !== 4) return
    const [tag, from, replyAs, request] = message.elements
    if (tag !== atom('io_request') || !(from instanceof Pid)) return
    const reply = (answer: Term): void => send(from, tuple(atom('io_reply'), replyAs, answer))
    // Whatever goes wrong here, the process that prints must not wait forever.
    const failed = (cause: unknown): void => {
      const message = `a request of ${from} to print could not be handled: ${oneLine(messageOf(cause))}`
      warn({ code: 'HANDLER_THREW', message, cause })
      reply(tuple(ERROR, atom('request')))
    }
    const printed = new PrintedText(parts.maxPrintedBytes, (text) => output(text, from))
    const say = (answer: Term): void => {
      printed.flush()
      try {
        reply(answer)
      } catch (cause) {
        failed(cause)
      }
    }
    const asking = async (name: string, args: readonly Term[]): Promise<Term> => {
      // Its arguments stay here until the node that prints has answered.
      const bytes = encodedLength(args)
      if (uses.refusesToHold(origin?.use, 'texts to be formatted', bytes))
        throw new NodeError('NODE_OVER_LIMIT', 'too many wait to be formatted')
      const place = new Place(origin?.use, bytes)
      try {
        printed.flush()
        return await ask(origin?.peer ?? from.node.name, name, args)
      } finally {
        place.free()
      }
    }
    try {
      const answer = new IoRequest(printed, asking).answer(request)
      // Nobody waits for it but the process that asked: another's output goes on.
      if (answer instanceof Promise) void answer.then(say).catch(failed)
      else say(answer)
    } catch (cause) {
      failed(cause)
    }
  }
}

/** Requests of `requests`, which are answered one after the other. */
interface OpenRequests {
  readonly requests: readonly Term[]
  next: number
}

/** One request of a process, with those inside it. */
class IoRequest {
  readonly #printed: PrintedText
  readonly #ask: (name: string, args: readonly Term[]) => Promise<Term>

  constructor(printed: PrintedText, ask: (name: string, args: readonly Term[]) => Promise<Term>) {
    this.#printed = printed
    this.#ask = ask
  }

  /** One after the other, until one fails; they may nest deeper than calls do. */
  answer(request: Term): Reply {
    const open: OpenRequests[] = [{ requests: [request], next: 0 }]
    let last: Term = OK
    for (let reply = this.#next(open); reply !== undefined; reply = this.#next(open)) {
      if (reply instanceof Promise) return this.#rest(reply, open)
      last = reply
      if (isError(last)) break
    }
    return last
  }

  /** The same from the first on that takes its time. */
  async #rest(first: Promise<Term>, open: OpenRequests[]): Promise<Term> {
    let last = await first
    while (!isError(last)) {
      const reply = this.#next(open)
      if (reply === undefined) break
      last = await reply
    }
    return last
  }

  /** Answers the next request; undefined when there is none. */
  #next(open: OpenRequests[]): Reply | undefined {
    let within = open.at(-1)
    while (within !== undefined && within.next === within.requests.length) {
      open.pop()
      within = open.at(-1)
    }
    if (within === undefined) return undefined
    const request = within.requests[within.next++]
    const requests = requestsOf(request)
    if (requests === undefined) return this.#one(request)
    open.push({ requests, next: 0 })
    return OK
  }

  #one(request: Term): Reply {
    if (request === atom('getopts')) return [tuple(atom('binary'), false), tuple(atom('encoding'), atom('unicode'))]
    if (!(request instanceof Tuple)) return tuple(ERROR, atom('request'))
    const [name, ...args] = request.elements
    switch (name instanceof Atom ? name.name : '') {
      case 'put_chars':
        return this.#putChars(request, args)
      case 'get_line':
      case 'get_chars':
        return atom('eof')
      case 'get_until':
        // The end of the input makes a shell stop its whole node; the end of the device makes it stop itself.
        return tuple(ERROR, atom('terminated'))
      case 'setopts':
        return setOptions(args[0])
      case 'get_password':
      case 'get_geometry':
        return NOT_SUPPORTED
      default:
        return tuple(ERROR, atom('request'))
    }
  }

  /** `{put_chars, [Encoding,] Chars}` or `{put_chars, [Encoding,] Module, Function, Args}`; the old forms are Latin-1. */
  #putChars(request: Term, given: readonly Term[]): Reply {
    const [encoding, args] = readEncoding(given)
    if (encoding === undefined) return tuple(ERROR, atom('request'))
    if (args.length === 1) {
      const text = characters(args[0], encoding)
      return text === undefined ? tuple(ERROR, request) : this.#put(text)
    }
    const [module, name, values] = args
    const refused = tuple(ERROR, name)
    if (!(module === IO_LIB && name instanceof Atom && Array.isArray(values))) return refused
    const known = formatted(name.name, values as readonly Term[], this.#printed.room)
    if (known !== undefined) return this.#put(known)
    return this.#ask(name.name, values as readonly Term[]).then(
      (made) => {
        const text = chardata(made, encoding)
        return text === undefined ? refused : this.#put(text)
      },
      () => refused,
    )
  }

  #put(text: string): Term {
    this.#printed.add(text)
    return OK
  }
}

function isError(reply: Term): boolean {
  return reply instanceof Tuple && reply.elements[0] === ERROR
}

/** The requests of `{requests, Requests}`. */
function requestsOf(request: Term): readonly Term[] | undefined {
  if (!(request instanceof Tuple) || request.length !== 2) return undefined
  const [name, requests] = request.elements
  return name === REQUESTS && Array.isArray(requests) ? (requests as readonly Term[]) : undefined
}

/** Undefined for an encoding that there is none of. */
function readEncoding(args: readonly Term[]): [Encoding | undefined, readonly Term[]] {
  if (args.length !== 2 && args.length !== 4) return ['latin1', args]
  const [encoding, ...rest] = args
  if (encoding === atom('unicode')) return ['unicode', rest]
  return [encoding === atom('latin1') ? 'latin1' : undefined, rest]
}

/** Undefined for what is no text, or none of that encoding. */
function characters(term: Term, encoding: Encoding): string | undefined {
  const text = chardata(term, encoding)
  const isBeyond = encoding === 'latin1' && text !== undefined && /[^\0-\xff]/.test(text)
  return isBeyond ? undefined : text
}

/** What `io_lib` makes of it, where that is certain. */
function formatted(name: string, args: readonly Term[], most: number): string | undefined {
  if (name === 'write' && args.length === 1) return ioWrite(args[0])
  if ((name !== 'format' && name !== 'fwrite') || args.length !== 2 || !Array.isArray(args[1])) return undefined
  const [format, values] = args
  const text = format instanceof Atom ? format.name : chardata(format, 'latin1')
  return text === undefined ? undefined : ioFormat(text, values as readonly Term[], most)
}

/** Options of a device that is read: they are taken, and change nothing. */
function setOptions(options: Term): Term {
  if (!Array.isArray(options)) return tuple(ERROR, atom('request'))
  return (options as readonly Term[]).every(isDeviceOption) ? OK : NOT_SUPPORTED
}

function isDeviceOption(option: Term): boolean {
  if (option === atom('binary') || option === atom('list')) return true
  if (!(option instanceof Tuple) || option.length !== 2) return false
  const [name, value] = option.elements
  switch (name instanceof Atom ? name.name : '') {
    case 'binary':
    case 'echo':
      return typeof value === 'boolean'
    case 'encoding':
      return value instanceof Atom && ['unicode', 'utf8', 'latin1'].includes(value.name)
    default:
      return name === atom('expand_fun')
  }
}
