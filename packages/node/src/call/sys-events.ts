import { inspect as inspectValue, toUSVString } from 'node:util'
import { Atom, atom, encodedLength, type Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { inspectTakesLong, shown } from '@dynsrv/kit'
import { shownTerm } from '../error.ts'
import { type GenFrom, readGenMessage } from './gen-message.ts'
import { whyUnsendable } from './outcome.ts'

const OK = atom('ok')
/** What `sys` gets for a debug command that is none, or that cannot be followed here. */
const UNKNOWN_DEBUG = atom('unknown_debug')

/** How many events `sys:log/2` keeps unless it says. */
const LOGGED = 10
/** The most that it keeps: else a peer would choose how much memory we use. */
const MAX_LOGGED = 1_000
/** How much those may be together; of larger ones fewer are kept. Unit: encoded bytes. */
const MAX_LOGGED_BYTES = 1024 * 1024

/** A value that can travel: itself, or its text when it has no encoding, such as an object with methods. It never throws. */
export function presentable(value: unknown): Term {
  if (whyUnsendable(value) === undefined) return value as Term
  try {
    return inspectTakesLong(value) ? shown(value) : toUSVString(inspectValue(value, { depth: 3 }))
  } catch {
    return shown(value)
  }
}

/** One thing that a served process did: took a message, replied, or was done without a reply. */
export type SysEvent =
  | { readonly type: 'in'; readonly message: Term }
  | { readonly type: 'out'; readonly reply: Term; readonly to: GenFrom; readonly state: unknown }
  | { readonly type: 'noreply'; readonly state: unknown }

interface LoggedEvent {
  readonly event: SysEvent
  readonly bytes: number
}

/** What a peer has sent or gets; the state is ours, and there is one. */
function bytesOf(event: SysEvent): number {
  if (event.type === 'noreply') return 0
  try {
    return encodedLength(event.type === 'in' ? event.message : tuple(event.reply, event.to.tag))
  } catch {
    // Of our own program: nothing that a peer sent has no encoding.
    return 0
  }
}

export interface SysEventsParts {
  /** How the process is called in what is printed. */
  readonly name: () => Pid | Atom
  /** A state as others see it. */
  readonly show: (state: unknown) => Term
  /** The time. Unit: milliseconds since 1970. */
  readonly now: () => number
  readonly print: (text: string) => void
}

/**
 * What `sys:trace`, `sys:log` and `sys:statistics` switch on and off.
 *
 * @see OTP `sys`, "Debug Commands"
 */
export class SysEvents {
  readonly #parts: SysEventsParts
  #trace = false
  #log: { readonly most: number; bytes: number; events: LoggedEvent[] } | undefined
  #statistics: { readonly since: number; in: number; out: number } | undefined

  constructor(parts: SysEventsParts) {
    this.#parts = parts
  }

  /** Whether events are wanted at all. */
  get wanted(): boolean {
    return this.#trace || this.#log !== undefined || this.#statistics !== undefined
  }

  record(event: SysEvent): void {
    if (this.#statistics !== undefined && event.type !== 'noreply') this.#statistics[event.type]++
    if (this.#log !== undefined) {
      const bytes = bytesOf(event)
      this.#log.events.push({ event, bytes })
      this.#log.bytes += bytes
      this.#trim()
    }
    if (this.#trace) this.#print(event)
  }

  /** Follows a debug command and gives its answer. */
  command(command: Term): Term {
    if (command === atom('no_debug')) {
      this.#trace = false
      this.#log = undefined
      this.#statistics = undefined
      return OK
    }
    const [name, argument] = command instanceof Tuple && command.length === 2 ? command.elements : []
    switch (name instanceof Atom ? name.name : '') {
      case 'trace':
        this.#trace = argument === true
        return typeof argument === 'boolean' ? OK : UNKNOWN_DEBUG
      case 'log':
        return this.#logCommand(argument)
      case 'statistics':
        return this.#statisticsCommand(argument)
      case 'log_to_file':
        // Peers do not write files here.
        return argument === false ? OK : tuple(atom('error'), atom('open_file'))
      case 'remove':
        return OK
      default:
        return UNKNOWN_DEBUG
    }
  }

  /** What `sys:get_status` shows as logged. */
  logged(): Term[] {
    return this.#log?.events.map(({ event }) => this.#term(event)) ?? []
  }

  #logCommand(argument: Term): Term {
    if (argument === false) this.#log = undefined
    else if (argument === true) this.#keep(LOGGED)
    else if (argument instanceof Tuple && argument.elements[0] === true) this.#keep(Number(argument.elements[1]))
    else if (argument === atom('print')) for (const { event } of this.#log?.events ?? []) this.#print(event)
    else if (argument === atom('get')) return tuple(OK, this.logged())
    else return UNKNOWN_DEBUG
    return OK
  }

  #keep(most: number): void {
    const bounded = Math.max(1, Math.min(MAX_LOGGED, Math.trunc(most) || LOGGED))
    this.#log = { most: bounded, bytes: this.#log?.bytes ?? 0, events: this.#log?.events ?? [] }
    this.#trim()
  }

  /** Drops the oldest events that are too many, or too much. */
  #trim(): void {
    const log = this.#log
    while (log !== undefined && (log.events.length > log.most || log.bytes > MAX_LOGGED_BYTES)) {
      log.bytes -= log.events.shift()!.bytes
    }
  }

  #statisticsCommand(argument: Term): Term {
    if (argument === true) this.#statistics ??= { since: this.#parts.now(), in: 0, out: 0 }
    else if (argument === false) this.#statistics = undefined
    else if (argument !== atom('get')) return UNKNOWN_DEBUG
    else if (this.#statistics === undefined) return tuple(OK, atom('no_statistics'))
    else {
      const { since, in: messagesIn, out: messagesOut } = this.#statistics
      return tuple(OK, [
        tuple(atom('start_time'), dateTime(since)),
        tuple(atom('current_time'), dateTime(this.#parts.now())),
        // Nothing here counts in reductions.
        tuple(atom('reductions'), 0),
        tuple(atom('messages_in'), messagesIn),
        tuple(atom('messages_out'), messagesOut),
      ])
    }
    return OK
  }

  #term(event: SysEvent): Term {
    const { show } = this.#parts
    if (event.type === 'in') return tuple(atom('in'), presentable(event.message))
    if (event.type === 'noreply') return tuple(atom('noreply'), show(event.state))
    const { reply, to, state } = event
    return tuple(atom('out'), presentable(reply), tuple(to.pid, to.tag), show(state))
  }

  /** The words of `gen_server`. */
  #print(event: SysEvent): void {
    const { name, print, show } = this.#parts
    print(`*DBG* ${shownTerm(name())} ${words(event, show)}\n`)
  }
}

function words(event: SysEvent, show: (state: unknown) => Term): string {
  if (event.type === 'noreply') return `new state ${shownTerm(show(event.state))}`
  if (event.type === 'out') {
    return `sent ${shownTerm(presentable(event.reply))} to ${shownTerm(event.to.pid)}, new state ${shownTerm(show(event.state))}`
  }
  const read = readGenMessage(event.message)
  if (read.type === 'call') return `got call ${shownTerm(read.request)} from ${shownTerm(read.from.pid)}`
  if (read.type === 'cast') return `got cast ${shownTerm(read.request)}`
  return `got ${shownTerm(read.message)}`
}

/** A moment in local time, as `erlang:localtime/0` has it. */
function dateTime(ms: number): Term {
  // biome-ignore lint/style/noRestrictedGlobals: it turns a time into fields and does not ask for the time
  const at = new Date(ms)
  return tuple(
    tuple(at.getFullYear(), at.getMonth() + 1, at.getDate()),
    tuple(at.getHours(), at.getMinutes(), at.getSeconds()),
  )
}
