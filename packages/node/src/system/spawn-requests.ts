import { Atom, atom, Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { badArgument, exitReason, type Outcome } from '../call/outcome.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import { OverLimit } from '../process/over-limit.ts'
import type { Origin, PeerUses } from '../process/peer-use.ts'
import type { Registry } from '../process/registry.ts'
import type { SignalRouter, SpawnRequest } from '../process/signal-router.ts'
import type { ExposedFunctions } from './exposed-functions.ts'

const LINK_MADE = 1
const MONITOR_MADE = 2
const ERPC = atom('erpc')

/** What a function is called with. */
interface Arguments {
  readonly args: readonly Term[]
  /** The same in the form in which it is told back, as long as it has only just come. */
  readonly echoed: () => readonly Term[]
}

/** Options with a value that a scheduler of ours has no use for. */
const TOLERATED = new Set([
  'priority',
  'fullsweep_after',
  'min_heap_size',
  'min_bin_vheap_size',
  'max_heap_size',
  'message_queue_data',
  'scheduler',
  'async_dist',
])

export interface SpawnRequestsParts {
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly router: SignalRouter
  readonly exposed: ExposedFunctions
  readonly uses: PeerUses
}

/**
 * Starts processes for peers: exposed functions only, directly or through `erpc`.
 *
 * @see OTP `erl_dist_protocol`, "Protocol for Spawning"; `erpc:execute_call/4`, `erpc:execute_cast/3`
 */
export class SpawnRequests {
  readonly #parts: SpawnRequestsParts
  readonly #idle: (() => void)[] = []
  #spawned = 0

  constructor(parts: SpawnRequestsParts) {
    this.#parts = parts
  }

  request(origin: Origin, control: SpawnRequest, read: () => Term | OverLimit): void {
    const { registry, life, router, uses } = this.#parts
    const { peer, use } = origin
    const { ref, from } = control
    const options = readOptions(control.options)
    const refuse = (error: string): void => {
      router.transmit(peer, { op: 'SPAWN_REPLY', ref, to: from, flags: 0, result: atom(error) })
    }
    if (options === undefined) {
      refuse('badopt')
      return
    }
    if (uses.refusesToRun(use) || registry.isFull) {
      refuse('system_limit')
      return
    }
    const args = read()
    if (args instanceof OverLimit) {
      refuse('system_limit')
      return
    }
    const ended = (): void => {
      origin.end()
      this.#ended()
    }
    const process = registry.spawn({ message: () => undefined, ended, kind: 'spawned' })
    this.#spawned++
    if (options.monitor) life.watch(process, from, ref)
    if (options.link) life.adoptLink(process, from)
    const flags = (options.link ? LINK_MADE : 0) | (options.monitor ? MONITOR_MADE : 0)
    router.transmit(peer, { op: 'SPAWN_REPLY', ref, to: from, flags, result: process.pid })
    const echoed = (): readonly Term[] => origin.verbatim() as readonly Term[]
    const running = Array.isArray(args) ? this.#execute(control, { args: args as readonly Term[], echoed }) : undefined
    // From here on the bytes are gone.
    origin.begin()
    if (running === undefined) life.exit(process, tuple(atom('badarg'), []))
    // It never rejects: what a function throws is an outcome.
    else void running.then((reason) => life.exit(process, reason))
  }

  /** Resolves when nothing that a peer has spawned is running. */
  async idle(): Promise<void> {
    if (this.#spawned > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #ended(): void {
    this.#spawned--
    if (this.#spawned === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  /** Runs what was asked for; gives the exit reason, in which `erpc` finds its result. */
  #execute({ module, function: name }: SpawnRequest, came: Arguments): Promise<Term> {
    const { args, echoed } = came
    if (module === ERPC && name.name === 'execute_call' && args.length === 4) {
      const result = args[0] instanceof Reference ? args[0] : echoed()[0]
      const call = { args: args.slice(1), echoed: () => echoed().slice(1) }
      return this.#apply(call, 'value').then((outcome) => erpcReason(result, outcome))
    }
    const isApply =
      (module === ERPC && name.name === 'execute_cast') || (module.name === 'erlang' && name.name === 'apply')
    const outcome =
      isApply && args.length === 3
        ? this.#apply(came, 'end')
        : this.#parts.exposed.call(module.name, name.name, args, 'end', echoed)
    return outcome.then(exitReason)
  }

  #apply({ args: [module, name, args], echoed }: Arguments, wanted: 'value' | 'end'): Promise<Outcome> {
    if (module instanceof Atom && name instanceof Atom) {
      return this.#parts.exposed.call(module.name, name.name, args, wanted, () => echoed()[2])
    }
    return Promise.resolve(badArgument({ module: 'erlang', function: 'apply', arity: echoed() }))
  }
}

function erpcReason(result: Term, outcome: Outcome): Term {
  const kind = atom(outcome.type)
  if (outcome.type === 'return') return tuple(result, kind, outcome.value)
  if (outcome.type === 'error') return tuple(result, kind, outcome.reason, outcome.stacktrace)
  return tuple(result, kind, outcome.reason)
}

function readOptions(options: Term): { link: boolean; monitor: boolean } | undefined {
  if (!Array.isArray(options)) return undefined
  const read = { link: false, monitor: false }
  for (const option of options as readonly Term[]) {
    const [name, value] = option instanceof Tuple ? option.elements : [option, []]
    if (!(name instanceof Atom)) return undefined
    if (name.name === 'link' && isEmpty(value)) read.link = true
    else if (name.name === 'monitor' && isEmpty(value)) read.monitor = true
    else if (!(option instanceof Tuple) || !TOLERATED.has(name.name)) return undefined
  }
  return read
}

function isEmpty(value: Term): boolean {
  return Array.isArray(value) && value.length === 0
}
