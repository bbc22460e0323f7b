import { setTimeout as pause } from 'node:timers/promises'
import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import { NodeError } from './error.ts'
import type { GenCalls } from './gen-call.ts'
import type { CallOptions } from './signature.ts'
import type { GlobalNameServer } from './system/global-name-server.ts'

const SERVER = 'global_name_server'
/** Pauses between tries for the lock grow up to this. Unit: milliseconds. */
const MAX_PAUSE_MS = 1_000

export interface GlobalNamesParts {
  readonly self: string
  readonly server: GlobalNameServer
  readonly calls: GenCalls
}

/** Names of the whole cluster, as `global` keeps them. Of a visible node only: hidden ones have no part in it. */
export class GlobalNames {
  readonly #parts: GlobalNamesParts

  constructor(parts: GlobalNamesParts) {
    this.#parts = parts
  }

  whereis(name: Term): Pid | undefined {
    return this.#parts.server.whereis(name)
  }

  /** All names of the cluster. */
  names(): Term[] {
    return this.#parts.server.names()
  }

  /** The visible nodes with which we share the names. */
  known(): string[] {
    return this.#parts.server.known()
  }

  /**
   * Registers a process under a name in the whole cluster, with the cluster's lock as `global:register_name/2` does.
   *
   * @throws {NodeError} `NODE_NAME_TAKEN`; `NODE_TIMEOUT` when the lock is not to be had; as `call` otherwise
   */
  async register(name: Term, { pid }: { readonly pid: Pid }, options: CallOptions = {}): Promise<void> {
    await this.#locked(options, async () => {
      const holder = this.whereis(name)
      if (holder !== undefined) throw new NodeError('NODE_NAME_TAKEN', `the global name is taken by ${holder}`)
      const method = tuple(atom('global'), atom('random_exit_name'))
      await this.#everywhere(tuple(atom('register'), name, pid, method), options)
    })
  }

  /** Takes a name back in the whole cluster. */
  async unregister(name: Term, options: CallOptions = {}): Promise<void> {
    await this.#locked(options, () => this.#everywhere(tuple(atom('unregister'), name), options))
  }

  async #locked(options: CallOptions, work: () => Promise<unknown>): Promise<void> {
    const lock = tuple(atom('global'), this.#parts.calls.caller.pid)
    const deadline = performance.now() + (options.timeoutMs ?? 5_000)
    for (let pauseMs = 10; !(await this.#tryLock(lock, options)); pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      if (performance.now() > deadline) {
        throw new NodeError('NODE_TIMEOUT', 'another node holds the lock of the global names')
      }
      const { signal } = options
      await pause(pauseMs * (0.5 + Math.random()), undefined, signal === undefined ? {} : { signal })
    }
    try {
      await work()
    } finally {
      await this.#everywhere(tuple(atom('del_lock'), lock), {})
    }
  }

  async #tryLock(lock: Term, options: CallOptions): Promise<boolean> {
    const nodes = this.#nodes()
    const request = tuple(atom('set_lock'), lock)
    const granted: string[] = []
    // One after the other in the order of names, so that two who want it do not each get half.
    for (const node of nodes) {
      if ((await this.#parts.calls.call({ name: SERVER, node }, request, options)) !== true) break
      granted.push(node)
    }
    if (granted.length === nodes.length) return true
    await Promise.all(
      granted.map((node) => this.#parts.calls.call({ name: SERVER, node }, tuple(atom('del_lock'), lock), options)),
    )
    return false
  }

  async #everywhere(request: Term, options: CallOptions): Promise<void> {
    const results = await Promise.allSettled(
      this.#nodes().map((node) => this.#parts.calls.call({ name: SERVER, node }, request, options)),
    )
    // A node that vanished meanwhile has no part in it any more; anything else is told.
    const failed = results.find(
      (result) => result.status === 'rejected' && (result.reason as NodeError).code !== 'NODE_NOT_CONNECTED',
    )
    if (failed?.status === 'rejected') throw failed.reason
  }

  #nodes(): string[] {
    return [this.#parts.self, ...this.known()].sort()
  }
}
