import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { Output } from '../node-options.ts'
import { chardata, type Encoding } from './chardata.ts'
import { ioFormat, ioWrite } from './io-format.ts'

export interface GroupLeaderParts {
  readonly output: Output
  readonly send: (to: Pid, message: Term) => void
  /** Calls a function of OTP's `io_lib` on the node that prints. */
  readonly ask: (node: string, name: string, args: readonly Term[]) => Promise<Term>
}

const OK = atom('ok')
const ERROR = atom('error')
const IO_LIB = atom('io_lib')

/** What an answer to a request is: a term, or one that comes when the node that prints has formatted it. */
type Reply = Term | Promise<Term>

/**
 * The group leader of what runs elsewhere in our name: `io:format` and `IO.puts` there end up here. There is no input.
 *
 * What `io_lib` makes of a term depends on the release and on the node, such as the order of a map and how it calls its own
 * processes. Where that matters, the node that prints is asked to format what it wants printed.
 *
 * @see OTP `io_protocol`
 */
export function groupLeader({ output, send, ask }: GroupLeaderParts): (message: Term) => void {
  return (message) => {
    if (!(message instanceof Tuple) || message.length !== 4) return
    const [tag, from, replyAs, request] = message.elements
    if (tag !== atom('io_request') || !(from instanceof Pid)) return
    const say = (reply: Term): void => send(from, tuple(atom('io_reply'), replyAs, reply))
    const requests = new IoRequests(
      (text) => output(text, from),
      (name, args) => ask(from.node.name, name, args),
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
        return OK
      case 'get_password':
      case 'get_geometry':
        return tuple(ERROR, atom('enotsup'))
      case 'requests':
        return this.#all(args[0])
      default:
        return tuple(ERROR, atom('request'))
    }
  }

  /** `{put_chars, [Encoding,] Chars}` or `{put_chars, [Encoding,] Module, Function, Args}`; the old forms are Latin-1. */
  #putChars(request: Term, given: readonly Term[]): Reply {
    const [encoding, args] = readEncoding(given)
    const refused = tuple(ERROR, tuple(atom('put_chars'), ...(request as Tuple).elements.slice(1)))
    const put = (text: string | undefined): Term => {
      if (text === undefined) return refused
      this.#print(text)
      return OK
    }
    if (args.length === 1) return put(chardata(args[0], encoding))
    const [module, name, values] = args
    if (!(module === IO_LIB && name instanceof Atom && Array.isArray(values))) return refused
    const known = formatted(name.name, values as readonly Term[])
    if (known !== undefined) return put(known)
    return this.#ask(name.name, values as readonly Term[]).then(
      (made) => put(chardata(made, encoding)),
      () => refused,
    )
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

function readEncoding(args: readonly Term[]): [Encoding, readonly Term[]] {
  if (args.length !== 2 && args.length !== 4) return ['latin1', args]
  return [args[0] === atom('unicode') ? 'unicode' : 'latin1', args.slice(1)]
}

/** What `io_lib` makes of it, where that is certain. */
function formatted(name: string, args: readonly Term[]): string | undefined {
  if (name === 'write' && args.length === 1) return ioWrite(args[0])
  if ((name !== 'format' && name !== 'fwrite') || args.length !== 2 || !Array.isArray(args[1])) return undefined
  const [format, values] = args
  const text = format instanceof Atom ? format.name : chardata(format, 'latin1')
  return text === undefined ? undefined : ioFormat(text, values as readonly Term[])
}
