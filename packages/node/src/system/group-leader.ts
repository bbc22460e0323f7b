import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { Output } from '../node-options.ts'
import { chardata, ioFormat } from './io-format.ts'

/**
 * The group leader of what runs elsewhere in our name: `io:format` and `IO.puts` there end up here. There is no input.
 *
 * @see OTP `io_protocol`
 */
export function groupLeader(output: Output, send: (to: Pid, message: Term) => void): (message: Term) => void {
  return (message) => {
    if (!(message instanceof Tuple) || message.length !== 4) return
    const [tag, from, replyAs, request] = message.elements
    if (tag !== atom('io_request') || !(from instanceof Pid)) return
    const reply = answer(request, (text) => output(text, from))
    send(from, tuple(atom('io_reply'), replyAs, reply))
  }
}

const OK = atom('ok')
const ERROR = atom('error')

function answer(request: Term, print: (text: string) => void): Term {
  if (request === atom('getopts')) return [tuple(atom('binary'), false), tuple(atom('encoding'), atom('unicode'))]
  if (!(request instanceof Tuple)) return tuple(ERROR, atom('request'))
  const [name, ...args] = request.elements
  switch (name instanceof Atom ? name.name : '') {
    case 'put_chars': {
      const text = printed(args)
      if (text === undefined) return tuple(ERROR, tuple(atom('put_chars'), request))
      print(text)
      return OK
    }
    case 'get_line':
    case 'get_chars':
    case 'get_until':
    case 'get_password':
      return atom('eof')
    case 'setopts':
      return OK
    case 'get_geometry':
      return tuple(ERROR, atom('enotsup'))
    case 'requests': {
      const [requests] = args
      let last: Term = OK
      if (!Array.isArray(requests)) return tuple(ERROR, atom('request'))
      for (const one of requests as readonly Term[]) {
        last = answer(one, print)
        if (last instanceof Tuple && last.elements[0] === ERROR) break
      }
      return last
    }
    default:
      return tuple(ERROR, atom('request'))
  }
}

/** `{put_chars, [Encoding,] Chars}` or `{put_chars, [Encoding,] Module, Function, Args}`. */
function printed(args: readonly Term[]): string | undefined {
  const rest = args.length === 2 || args.length === 4 ? args.slice(1) : args
  if (rest.length === 1) return chardata(rest[0])
  const [module, name, values] = rest
  if (module !== atom('io_lib') || !(name instanceof Atom) || !Array.isArray(values)) return undefined
  const [format, formatArgs] = values as readonly Term[]
  const text = format instanceof Atom ? format.name : chardata(format)
  if (text === undefined || !Array.isArray(formatArgs)) return undefined
  return ioFormat(text, formatArgs as readonly Term[])
}
