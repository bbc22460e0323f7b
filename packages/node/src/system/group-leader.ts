import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { SystemHandlers } from '../call/system-server.ts'
import type { Output } from '../node-options.ts'
import { chardata, type Encoding } from './chardata.ts'
import { ioFormat, ioWrite } from './io-format.ts'

export interface GroupLeaderParts {
  readonly output: Output
  readonly send: (to: Pid, message: Term) => void
  /** Calls a function of OTP's `io_lib` on another node. */
  readonly ask: (node: string, name: string, args: readonly Term[]) => Promise<Term>
}

const OK = atom('ok')
const ERROR = atom('error')
const IO_LIB = atom('io_lib')
const NOT_SUPPORTED = tuple(ERROR, atom('enotsup'))

/** What an answer to a request is: a term, or one that comes when the node that prints has formatted it. */
type Reply = Term | Promise<Term>

/**
 * The group leader of what runs elsewhere in our name: `io:format` and `IO.puts` there end up here. There is no input.
 *
 * What `io_lib` makes of a term depends on the release and on the node, such as the order of a map and how it calls its own
 * processes. Where that matters, the node that sent the request is asked to format what it wants printed: the one that sent
 * it, whatever process it names. Functions of other modules, which a group leader of OTP would call, are called nowhere.
 *
 * @see OTP `io_protocol`
 */
export function groupLeader({ output, send, ask }: GroupLeaderParts): NonNullable<SystemHandlers['info']> {
  return (message, origin) => {
    if (!(message instanceof Tuple) || message.length !== 4) return
    const [tag, from, replyAs, request] = message.elements
    if (tag !== atom('io_request') || !(from instanceof Pid)) return
    const say = (reply: Term): void => send(from, tuple(atom('io_reply'), replyAs, reply))
    const requests = new IoRequests(
      (text) => output(text, from),
      (name, args) => ask(origin?.peer ?? from.node.name, name, args),
    )
    const reply = requests.answer(request)
    // Nobody waits for it but the process that asked: another's output goes on. It never rejects: a failure is an answer.
    if (reply instanceof Promise) void reply.then(say)
    else say(reply)
  }
}

/** The requests of one process. */
class IoRequests {
  readonly #print: (text: string) => void
  readonly #ask: (name: string, args: readonly Term[]) => Promise<Term>

  constructor(print: (text: string) => void, ask: (name: string, args: readonly Term[]) => Promise<Term>) {
    this.#print = print
    this.#ask = ask
  }

  answer(request: Term): Reply {
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
      case 'requests':
        return this.#all(args[0])
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
    const known = formatted(name.name, values as readonly Term[])
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
    this.#print(text)
    return OK
  }

  #all(requests: Term): Reply {
    return Array.isArray(requests) ? this.#each(requests as readonly Term[]) : tuple(ERROR, atom('request'))
  }

  /** One after the other, until one fails. */
  async #each(requests: readonly Term[]): Promise<Term> {
    let last: Term = OK
    for (const one of requests) {
      last = await this.answer(one)
      if (last instanceof Tuple && last.elements[0] === ERROR) break
    }
    return last
  }
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
function formatted(name: string, args: readonly Term[]): string | undefined {
  if (name === 'write' && args.length === 1) return ioWrite(args[0])
  if ((name !== 'format' && name !== 'fwrite') || args.length !== 2 || !Array.isArray(args[1])) return undefined
  const [format, values] = args
  const text = format instanceof Atom ? format.name : chardata(format, 'latin1')
  return text === undefined ? undefined : ioFormat(text, values as readonly Term[])
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
