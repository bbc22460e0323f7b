import { Atom, atom, charlist, ExternalFun, Fun, inspect, type Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { isThenable } from '@dynsrv/kit'
import { errorTerm, frame } from './outcome.ts'
import { presentable, SysEvents } from './sys-events.ts'

const OK = atom('ok')
const ERROR = atom('error')

/** The process that system messages are about. */
export interface SysSubject {
  readonly pid: Pid
  /** The module whose `init/1` a BEAM node would show. */
  readonly module: string
  /** Its registered name, if it has one. */
  readonly name: () => Atom | undefined
  readonly state: () => unknown
  /** The state as others see it, where the program says how. */
  readonly show?: ((state: never) => Term) | undefined
  /** Gives the new state that a change leads to; undefined where that is not allowed. */
  readonly replace?: ((change: Term) => unknown) | undefined
  /** Puts a new state in place. */
  readonly become?: ((state: unknown) => void) | undefined
  /** The time. Unit: milliseconds since 1970. */
  readonly now: () => number
  readonly print: (text: string) => void
  /** A function of the program, `show` or `replace`, threw. */
  readonly failed: (callback: 'show' | 'replace', cause: unknown) => void
}

/** What `sys` answers when a callback failed; the caller raises that. */
function callbackFailed(callback: string, error: unknown): Term {
  const where = tuple(atom('js'), atom(callback))
  return tuple(ERROR, tuple(atom('callback_failed'), where, tuple(ERROR, errorTerm(error))))
}

/** What a system message leads to. */
export interface SysAnswer {
  readonly reply: Term
  /** The reply is the state, which releases of OTP take in different forms; see `StateReplies`. */
  readonly isState?: boolean
  /** The process is to end after the reply. */
  readonly terminate?: { readonly reason: Term; readonly told: Term }
}

/**
 * Answers what OTP's `sys` module asks of a `gen_server`: `sys:get_state`, `get_status`, `suspend`, `resume`,
 * `replace_state`, `terminate`, and the debug commands.
 *
 * @see OTP `sys`; the messages are `{system, From, Request}`
 */
export class SysMessages {
  readonly events: SysEvents
  readonly #subject: SysSubject
  #suspended = false

  constructor(subject: SysSubject) {
    this.#subject = subject
    const { pid, name, now, print } = subject
    const show = (state: unknown): Term => this.#guarded('show', () => this.#show(state))
    this.events = new SysEvents({ name: () => name() ?? pid, show, now, print })
  }

  /** Whether only system messages are taken for now. */
  get suspended(): boolean {
    return this.#suspended
  }

  /** @param echoed the request in the form in which parts of it are passed on */
  answer(request: Term, echoed: Term = request): SysAnswer {
    const elements = request instanceof Tuple ? request.elements : [request]
    const [name, argument] = elements
    // The same name in another shape is no request that OTP knows.
    const arity = request instanceof Tuple ? `/${elements.length}` : ''
    switch (name instanceof Atom ? `${name.name}${arity}` : '') {
      case 'suspend':
        this.#suspended = true
        return { reply: OK }
      case 'resume':
        this.#suspended = false
        return { reply: OK }
      case 'get_state':
        return this.#stateAnswer('system_get_state', () => this.#state())
      case 'get_status':
        return { reply: this.#status() }
      case 'replace_state/2':
        return this.#stateAnswer('system_replace_state', () => this.#replace(argument))
      case 'debug/2':
        return { reply: this.events.command(argument) }
      case 'terminate/2':
        return { reply: OK, terminate: { reason: argument, told: (echoed as Tuple).elements[1] } }
      case 'change_code/4':
        return { reply: this.#suspended ? this.#noCodeChange() : unknown(echoed) }
      default:
        return { reply: unknown(echoed) }
    }
  }

  /** What a `gen_server` says whose module has no `code_change/3`. */
  #noCodeChange(): Term {
    const missing = frame({ module: this.#subject.module, function: 'code_change', arity: 3 })
    return tuple(ERROR, tuple(atom('EXIT'), tuple(atom('undef'), [missing])))
  }

  #state(): Term {
    return this.#show(this.#subject.state())
  }

  #show(state: unknown): Term {
    const { show } = this.#subject
    return presentable(show === undefined ? state : this.#program('show', () => show(state as never)))
  }

  #replace(change: Term): Term {
    const { replace, become } = this.#subject
    if (replace === undefined) {
      const what = change instanceof Fun || change instanceof ExternalFun ? inspect(change) : 'this'
      throw new TypeError(`this server lets nobody replace its state, not with ${what}; see its replace handler`)
    }
    become?.(this.#program('replace', () => replace(change)))
    return this.#state()
  }

  /** A function of the program, whose result is wanted at once. */
  #program<T>(callback: 'show' | 'replace', run: () => T): T {
    const { failed } = this.#subject
    try {
      const result = run()
      if (!isThenable(result)) return result
      Promise.resolve(result).catch((cause: unknown) => failed(callback, cause))
      throw new TypeError(`a ${callback} handler must not give a promise`)
    } catch (cause) {
      failed(callback, cause)
      throw cause
    }
  }

  #stateAnswer(callback: string, run: () => Term): SysAnswer {
    try {
      return { reply: run(), isState: true }
    } catch (error) {
      return { reply: callbackFailed(callback, error) }
    }
  }

  #guarded(callback: string, run: () => Term): Term {
    return this.#stateAnswer(callback, run).reply
  }

  /** What a `gen_server` without a `format_status` of its own says. */
  #status(): Term {
    const { pid, name } = this.#subject
    const system = atom(this.#suspended ? 'suspended' : 'running')
    const header = charlist(`Status for generic server ${inspect(name() ?? pid)}`)
    const data = [
      tuple(charlist('Status'), system),
      tuple(charlist('Parent'), pid),
      tuple(charlist('Logged events'), this.events.logged()),
    ]
    const state = this.#guarded('format_status', () => this.#state())
    const details = [
      tuple(atom('header'), header),
      tuple(atom('data'), data),
      tuple(atom('data'), [tuple(charlist('State'), state)]),
    ]
    const dictionary = [tuple(atom('$initial_call'), tuple(atom(this.#subject.module), atom('init'), 1))]
    const module = tuple(atom('module'), atom('gen_server'))
    return tuple(atom('status'), pid, module, [dictionary, system, pid, [], details])
  }
}

function unknown(request: Term): Term {
  return tuple(ERROR, tuple(atom('unknown_system_msg'), request))
}
