import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type GenFrom, readGenMessage } from '../call/gen-message.ts'
import { errorTerm, exitReason, type Outcome } from '../call/outcome.ts'
import type { Behaviour } from '../process/local-process.ts'
import type { ExposedFunctions } from './exposed-functions.ts'

export interface RexParts {
  readonly self: string
  readonly exposed: ExposedFunctions
  readonly reply: (from: GenFrom, answer: Term) => void
  readonly send: (to: Pid, message: Term) => void
  /** Sends to a name registered here; false when nobody holds it. */
  readonly sendByName: (name: string, message: Term) => boolean
}

const REX = atom('rex')
const BADRPC = atom('badrpc')
const EXIT = atom('EXIT')

/**
 * The server behind the older forms of `rpc`, and behind `rpc:block_call` and `rpc:sbcast` to this day. It runs exposed
 * functions only.
 *
 * @see OTP `rpc`
 */
export function rex({ self, exposed, reply, send, sendByName }: RexParts): Behaviour {
  const run = async (request: Term, answer?: (result: Term) => void): Promise<void> => {
    const call = readCall(request)
    if (call === undefined) return
    const { module, function: name, args } = call
    const outcome = await exposed.call(module, name, args, answer === undefined ? 'end' : 'value')
    try {
      answer?.(rpcResult(outcome))
    } catch (cause) {
      // A value may change from one look at it to the next.
      answer?.(tuple(BADRPC, tuple(EXIT, errorTerm(cause))))
    }
  }
  return {
    message(message) {
      const read = readGenMessage(message)
      if (read.type === 'call') void run(read.request, (result) => reply(read.from, result))
      else if (read.type === 'cast') void run(read.request)
      else if (message instanceof Tuple && message.length === 2) {
        const [from, request] = message.elements
        if (!(from instanceof Pid)) return
        if (request === atom('features_request')) {
          send(from, tuple(atom('features_reply'), atom(self), [atom('erpc')]))
        } else if (request instanceof Tuple && request.elements[0] === atom('sbcast')) {
          const [, name, content] = request.elements
          const known = name instanceof Atom && sendByName(name.name, content)
          send(from, tuple(REX, atom(self), known ? atom(self) : tuple(atom('nonexisting_name'), name)))
        } else void run(request, (result) => send(from, tuple(REX, result)))
      }
    },
  }
}

function readCall(request: Term): { module: string; function: string; args: Term } | undefined {
  if (!(request instanceof Tuple)) return undefined
  const [kind, module, name, args] = request.elements
  const known = kind === atom('call') || kind === atom('block_call') || kind === atom('cast')
  if (!known || !(module instanceof Atom) || !(name instanceof Atom)) return undefined
  return { module: module.name, function: name.name, args }
}

/** What `rpc:call` gives: a throw counts as a value there. */
function rpcResult(outcome: Outcome): Term {
  if (outcome.type === 'return') return outcome.value
  if (outcome.type === 'throw') return outcome.reason
  return tuple(BADRPC, tuple(EXIT, exitReason(outcome)))
}
