import type { Pid, Reference, Term } from '@dynsrv/etf'
import { NodeError } from '../error.ts'
import { type Identifiers, localNumber } from './identifiers.ts'
import { type Behaviour, LocalProcess } from './local-process.ts'
import { OwnReferences } from './own-references.ts'
import type { Origin } from './peer-use.ts'

/** Gets what is sent to an alias. */
export type AliasReceiver = (message: Term, origin?: Origin) => void

/** As many processes as a BEAM node has room for. */
export const MAX_PROCESSES = 262_144

/** The processes of this node by pid and by registered name, and the aliases that lead to them. */
export class Registry {
  readonly #ids: Identifiers
  readonly #maxProcesses: number
  readonly #processes = new Map<number, LocalProcess>()
  readonly #names = new Map<string, LocalProcess>()
  readonly #aliases: OwnReferences<AliasReceiver>
  /** Of the aliases that were made for a process, whose they are. */
  readonly #owners: OwnReferences<LocalProcess>

  constructor(ids: Identifiers, maxProcesses = MAX_PROCESSES) {
    this.#ids = ids
    this.#aliases = new OwnReferences(ids)
    this.#owners = new OwnReferences(ids)
    this.#maxProcesses = maxProcesses
  }

  /** @throws {NodeError} `NODE_TOO_MANY_PROCESSES` */
  spawn(behaviour: Behaviour): LocalProcess {
    if (this.isFull) {
      throw new NodeError('NODE_TOO_MANY_PROCESSES', `${this.#maxProcesses} processes are alive`)
    }
    const made = new LocalProcess(this.#ids.pid(), behaviour)
    this.#processes.set(localNumber(made.pid), made)
    return made
  }

  /** The live process of a pid; undefined for pids of other nodes and of earlier incarnations. */
  byPid(pid: Pid): LocalProcess | undefined {
    return this.#ids.isOurs(pid) ? this.#processes.get(localNumber(pid)) : undefined
  }

  byName(name: string): LocalProcess | undefined {
    return this.#names.get(name)
  }

  /** Whether a pid is of this node, of whichever incarnation. */
  isOurNode(pid: Pid): boolean {
    return this.#ids.isOurNode(pid)
  }

  /**
   * @param name one that can be registered
   * @throws {NodeError} `NODE_NAME_TAKEN` when another process holds it, `NODE_NO_PROCESS` when the process has ended
   */
  register(name: string, process: LocalProcess): void {
    if (!process.alive) throw new NodeError('NODE_NO_PROCESS', `the process to register as ${name} has ended`)
    const holder = this.#names.get(name)
    if (holder === process) return
    if (holder !== undefined) throw new NodeError('NODE_NAME_TAKEN', `the name ${name} is taken by ${holder.pid}`)
    this.#names.set(name, process)
    process.names.add(name)
  }

  /** Whether the name was registered. */
  unregister(name: string): boolean {
    this.#names.get(name)?.names.delete(name)
    return this.#names.delete(name)
  }

  registered(): string[] {
    return [...this.#names.keys()]
  }

  /** All live processes. */
  processes(): IterableIterator<LocalProcess> {
    return this.#processes.values()
  }

  get processCount(): number {
    return this.#processes.size
  }

  get isFull(): boolean {
    return this.#processes.size >= this.#maxProcesses
  }

  /** A reference under which a process gets messages, until it ends or the alias is taken back. */
  aliasOf(process: LocalProcess, once: boolean): Reference {
    const ref = this.#ids.reference()
    this.#aliases.set(ref, (message, origin) => {
      if (once) this.endAlias(process, ref)
      process.behaviour.message(message, origin)
    })
    this.#owners.set(ref, process)
    process.aliases ??= new Set()
    process.aliases.add(ref)
    return ref
  }

  /** Takes an alias of a process back. */
  endAlias(process: LocalProcess, ref: Reference): void {
    process.aliases?.delete(ref)
    this.#aliases.delete(ref)
    this.#owners.delete(ref)
  }

  /** The process that an alias was made for, as long as it is active. */
  ownerOfAlias(ref: Reference): LocalProcess | undefined {
    return this.#owners.get(ref)
  }

  /** Whether the alias was active. */
  sendToAlias(ref: Reference, message: Term): boolean {
    const receive = this.#aliases.get(ref)
    receive?.(message)
    return receive !== undefined
  }

  addAlias(ref: Reference, receive: AliasReceiver): void {
    this.#aliases.set(ref, receive)
  }

  removeAlias(ref: Reference): void {
    this.#aliases.delete(ref)
  }

  /** What an alias leads to; undefined for one that is no longer active, whose messages must be dropped. */
  byAlias(ref: Reference): AliasReceiver | undefined {
    return this.#aliases.get(ref)
  }

  /** Takes a process out of every table. */
  remove(process: LocalProcess): void {
    this.#processes.delete(localNumber(process.pid))
    for (const name of process.names) this.#names.delete(name)
    process.names.clear()
    for (const ref of process.aliases ?? []) this.endAlias(process, ref)
    process.aliases = undefined
  }
}
