import { atom, ExternalFun, type Pid, type Term, tuple } from '@dynsrv/etf'
import { checkCall, checkTerm, pidOf } from '../checks.ts'
import { NodeError } from '../error.ts'
import type { Registry } from '../process/registry.ts'
import type { CallOptions, ProcessRef } from '../signature.ts'
import type { GlobalNameServer } from './global-name-server.ts'
import type { GlobalTransactions } from './global-transactions.ts'

/** What happens to the processes when two parts of a cluster meet that gave one name to two: OTP's default. */
const RESOLVE = new ExternalFun(atom('global'), atom('random_exit_name'), 3)

export interface GlobalNamesParts {
  readonly registry: Registry
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

  /** The process that has a name. @throws {NodeError} `NODE_MESSAGE_INVALID` for what can be no name */
  whereis(name: Term): Pid | undefined {
    checkTerm('this name', name)
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
   * Registers a process of any node under a name in the whole cluster, with the cluster's lock as
   * `global:register_name/2` does. Everything is checked before the lock is taken.
   *
   * When two parts of a cluster meet in which the name has different processes, one of these is killed, as OTP does it.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`; `NODE_MESSAGE_INVALID` for a name without encoding; `NODE_NO_PROCESS` for a
   * process of ours that has ended; `NODE_NAME_TAKEN`; `NODE_TIMEOUT` when the lock is not to be had; as `call` otherwise
   * @throws the signal's reason when it aborts
   */
  async register(name: Term, process: ProcessRef, options: CallOptions = {}): Promise<void> {
    const pid = this.#checked('register', name, process, options)
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
  async reregister(name: Term, process: ProcessRef, options: CallOptions = {}): Promise<void> {
    const pid = this.#checked('reregister', name, process, options)
    const { server, transactions } = this.#parts
    await transactions.run((ask) => ask(tuple(atom('register'), server.nameOf(name), pid, RESOLVE)), options)
  }

  /** Takes a name back in the whole cluster; nothing happens when nobody has it. @throws as `reregister` */
  async unregister(name: Term, options: CallOptions = {}): Promise<void> {
    checkTerm('this name', name)
    checkCall(options)
    const { server, transactions } = this.#parts
    await transactions.run(async (ask) => {
      if (this.whereis(name) !== undefined) await ask(tuple(atom('unregister'), server.nameOf(name)))
    }, options)
  }

  /** Everything that a name server of another node would have to believe. It gives the pid. */
  #checked(owner: string, name: Term, process: ProcessRef, options: CallOptions): Pid {
    checkTerm('this name', name)
    checkCall(options)
    const pid = pidOf(owner, 'process', process)
    checkTerm('this pid', pid)
    const { registry } = this.#parts
    if (registry.isOurNode(pid) && registry.byPid(pid) === undefined) {
      throw new NodeError('NODE_NO_PROCESS', `${pid} is no live process of this node`)
    }
    return pid
  }
}
