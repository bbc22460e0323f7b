import { atom, ExternalFun, type Pid, type Term, tuple } from '@dynsrv/etf'
import { NodeError } from '../error.ts'
import type { CallOptions } from '../signature.ts'
import type { GlobalNameServer } from './global-name-server.ts'
import type { GlobalTransactions } from './global-transactions.ts'

/** What happens to the processes when two parts of a cluster meet that gave one name to two: OTP's default. */
const RESOLVE = new ExternalFun(atom('global'), atom('random_exit_name'), 3)

export interface GlobalNamesParts {
  readonly server: GlobalNameServer
  readonly transactions: GlobalTransactions
}

/** Programs get theirs from `Node.global`. */
export let makeGlobalNames: (parts: GlobalNamesParts) => GlobalNames

/** Names of the whole cluster, as `global` keeps them. Of a visible node only: hidden ones have no part in it. */
export class GlobalNames {
  readonly #parts: GlobalNamesParts

  static {
    makeGlobalNames = (parts) => new GlobalNames(parts)
  }

  private constructor(parts: GlobalNamesParts) {
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
   * When two parts of a cluster meet in which the name has different processes, one of these is killed, as OTP does it.
   *
   * @throws {NodeError} `NODE_NAME_TAKEN`; `NODE_TIMEOUT` when the lock is not to be had; as `call` otherwise
   * @throws the signal's reason when it aborts
   */
  async register(name: Term, { pid }: { readonly pid: Pid }, options: CallOptions = {}): Promise<void> {
    await this.#parts.transactions.run(async (ask) => {
      const holder = this.whereis(name)
      if (holder !== undefined) throw new NodeError('NODE_NAME_TAKEN', `the global name is taken by ${holder}`)
      await ask(tuple(atom('register'), name, pid, RESOLVE))
    }, options)
  }

  /**
   * The same, even when another process has the name: that one loses it and gets no message, as with
   * `global:re_register_name/2`.
   *
   * @throws as `register`, but never `NODE_NAME_TAKEN`
   */
  async reregister(name: Term, { pid }: { readonly pid: Pid }, options: CallOptions = {}): Promise<void> {
    await this.#parts.transactions.run((ask) => ask(tuple(atom('register'), name, pid, RESOLVE)), options)
  }

  /** Takes a name back in the whole cluster; nothing happens when nobody has it. @throws as `reregister` */
  async unregister(name: Term, options: CallOptions = {}): Promise<void> {
    await this.#parts.transactions.run(async (ask) => {
      if (this.whereis(name) !== undefined) await ask(tuple(atom('unregister'), name))
    }, options)
  }
}
