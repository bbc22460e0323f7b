import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { readGenMessage } from '../call/gen-message.ts'
import { errorTerm, exitReason, type Outcome } from '../call/outcome.ts'
import type { Answer, SystemHandlers } from '../call/system-server.ts'
import type { Origin, PeerUses } from '../process/peer-use.ts'
import type { ExposedFunctions } from './exposed-functions.ts'

export interface RexParts {
  readonly self: string
  readonly uses: PeerUses
  readonly exposed: ExposedFunctions
  readonly send: (to: Pid, message: Term) => void
  /** Sends to a name registered here; false when nobody holds it. @param isVerbatim as `Origin.verbatim` gives it */
  readonly sendByName: (name: string, message: Term, isVerbatim: boolean) => boolean
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
    if (origin !== undefined && uses.refusesToRun(origin.use)) {
      answer?.(tuple(BADRPC, tuple(EXIT, atom('system_limit'))))
      return
    }
    const { module, name, args } = call
    const wanted = answer === undefined ? 'end' : 'value'
    const running = exposed.call(module, name, args, wanted, () => argumentsIn(origin?.verbatim()) ?? args)
    origin?.begin()
    try {
      finish(await running, answer)
    } finally {
      origin?.end()
    }
  }
  const finish = (outcome: Outcome, answer?: Answer): void => {
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
    // It never rejects: whatever comes of the function is an outcome. Only a `block_call` makes others wait for it.
    const running = run(call, origin, answer)
    return call.kind === 'block_call' ? running : true
  }
  return {
    call: (request, answer, _from, origin) => begin(request, answer, origin),
    cast(request, origin) {
      const call = readCall(request)
      // It never rejects, and nobody waits for the end of a cast.
      if (call !== undefined) void run(call, origin)
    },
    info(message, origin) {
      if (!(message instanceof Tuple) || message.length !== 2) return
      const [from, request] = message.elements
      if (!(from instanceof Pid)) return
      const [kind] = request instanceof Tuple ? request.elements : [request]
      switch (kind instanceof Atom ? kind.name : '') {
        case 'features_request':
          return send(from, tuple(atom('features_reply'), atom(self), [atom('erpc')]))
        case 'sbcast':
        case 'send': {
          const verbatim = origin?.verbatim()
          const [, name, content] = (requestIn(verbatim ?? message) as Tuple).elements
          const isSend = kind === atom('send')
          const registered = name instanceof Atom ? name.name : ''
          const known = sendByName(registered, isSend ? tuple(from, content) : content, verbatim !== undefined)
          // Who has the name answers to `send`.
          if (known && isSend) return
          return send(from, tuple(REX, atom(self), known ? atom(self) : tuple(atom('nonexisting_name'), name)))
        }
        default: {
          const inHand = begin(request, (result) => send(from, tuple(REX, result)), origin)
          if (typeof inHand === 'object') return inHand
        }
      }
    },
  }
}

/** The request in any of the messages in which it comes. */
function requestIn(message: Term): Term {
  const read = readGenMessage(message)
  if (read.type !== 'info') return read.request
  return read.message instanceof Tuple ? read.message.elements[1] : undefined
}

/** The arguments of the call that a message asks for. */
function argumentsIn(message: Term): Term {
  return readCall(requestIn(message))?.args
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
