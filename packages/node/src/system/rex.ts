import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { errorTerm, exitReason, type Outcome } from '../call/outcome.ts'
import type { Answer, SystemHandlers } from '../call/system-server.ts'
import type { Origin, PeerUses } from '../process/peer-use.ts'
import type { ExposedFunctions } from './exposed-functions.ts'

export interface RexParts {
  readonly self: string
  readonly uses: PeerUses
  readonly exposed: ExposedFunctions
  readonly send: (to: Pid, message: Term) => void
  /** Sends to a name registered here; false when nobody holds it. */
  readonly sendByName: (name: string, message: Term) => boolean
}

const REX = atom('rex')
const BADRPC = atom('badrpc')
const EXIT = atom('EXIT')

interface Call {
  readonly kind: 'call' | 'block_call' | 'cast'
  readonly module: string
  readonly name: string
  readonly args: Term
}

/**
 * The server behind the older forms of `rpc`, and behind `rpc:block_call` and `rpc:sbcast` to this day. It runs exposed
 * functions only; during a `block_call` everything else waits, as in OTP.
 *
 * @see OTP `rpc`
 */
export function rex({ self, uses, exposed, send, sendByName }: RexParts): SystemHandlers {
  const run = async (call: Call, origin: Origin | undefined, answer?: Answer): Promise<void> => {
    if (origin !== undefined && uses.mayNotRun(origin.use)) {
      answer?.(tuple(BADRPC, tuple(EXIT, atom('system_limit'))))
      return
    }
    origin?.begin()
    try {
      await apply(call, answer)
    } finally {
      origin?.end()
    }
  }
  const apply = async ({ module, name, args }: Call, answer?: Answer): Promise<void> => {
    const outcome = await exposed.call(module, name, args, answer === undefined ? 'end' : 'value')
    try {
      answer?.(rpcResult(outcome))
    } catch (cause) {
      // A value may change from one look at it to the next.
      answer?.(tuple(BADRPC, tuple(EXIT, errorTerm(cause))))
    }
  }
  const begin = (request: Term, answer: Answer, origin: Origin | undefined): boolean | Promise<void> => {
    const call = readCall(request)
    if (call === undefined || call.kind === 'cast') return false
    const running = run(call, origin, answer)
    return call.kind === 'block_call' ? running : true
  }
  return {
    call: (request, answer, _from, origin) => begin(request, answer, origin),
    cast(request, origin) {
      const call = readCall(request)
      if (call !== undefined) void run(call, origin)
    },
    info(message, origin) {
      if (!(message instanceof Tuple) || message.length !== 2) return
      const [from, request] = message.elements
      if (!(from instanceof Pid)) return
      const [kind, name, content] = request instanceof Tuple ? request.elements : [request]
      const registered = name instanceof Atom ? name.name : ''
      switch (kind instanceof Atom ? kind.name : '') {
        case 'features_request':
          return send(from, tuple(atom('features_reply'), atom(self), [atom('erpc')]))
        case 'sbcast': {
          const known = sendByName(registered, content)
          return send(from, tuple(REX, atom(self), known ? atom(self) : tuple(atom('nonexisting_name'), name)))
        }
        case 'send':
          // Who has the name answers.
          if (sendByName(registered, tuple(from, content))) return
          return send(from, tuple(REX, atom(self), tuple(atom('nonexisting_name'), name)))
        default: {
          const inHand = begin(request, (result) => send(from, tuple(REX, result)), origin)
          if (typeof inHand === 'object') return inHand
        }
      }
    },
  }
}

function readCall(request: Term): Call | undefined {
  if (!(request instanceof Tuple)) return undefined
  const [kind, module, name, args] = request.elements
  const known = kind instanceof Atom ? kind.name : ''
  if (known !== 'call' && known !== 'block_call' && known !== 'cast') return undefined
  if (!(module instanceof Atom) || !(name instanceof Atom)) return undefined
  return { kind: known, module: module.name, name: name.name, args }
}

/** What `rpc:call` gives: a throw counts as a value there. */
function rpcResult(outcome: Outcome): Term {
  if (outcome.type === 'return') return outcome.value
  if (outcome.type === 'throw') return outcome.reason
  return tuple(BADRPC, tuple(EXIT, exitReason(outcome)))
}
