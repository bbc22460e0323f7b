import { codeOf, isCoded, listOf, messageOf } from '@dynsrv/kit'
import {
  callOptions,
  checkedLookup,
  checkedNames,
  checkOwnName,
  checkRegistration,
  checks,
  epmdModule,
} from '../checks.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  LookupOptions,
  NodeAddress,
  RegisteredName,
} from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import { namesUnknown } from './names-unknown.ts'

const modulesRule = listOf(epmdModule)

/**
 * Several modules as one. A node is where the first module that knows it says.
 *
 * The first module chooses the port and the creation; the node registers with all of them, and all are closed. A lookup
 * that finds nothing is `EPMD_NOT_FOUND` only when every module said so.
 *
 * @throws {EpmdError} `EPMD_BAD_OPTION`, also without any module
 */
export function firstOf(...modules: readonly EpmdModule[]): EpmdModule & AsyncDisposable {
  checks.argument('firstOf', 'modules', modulesRule, modules)
  const [first, ...others] = modules
  if (first === undefined) {
    throw new EpmdError('EPMD_BAD_OPTION', 'firstOf got no module', { hint: 'Pass the modules in the order to ask.' })
  }
  return new FirstOf(first, others)
}

class FirstOf implements EpmdModule, AsyncDisposable {
  readonly #first: EpmdModule
  readonly #others: readonly EpmdModule[]

  constructor(first: EpmdModule, others: readonly EpmdModule[]) {
    this.#first = first
    this.#others = others
  }

  async startLink(options?: CallOptions): Promise<void> {
    callOptions(options)
    for (const module of this.#all()) await module.startLink(options)
  }

  listenPortPlease(alive: string, host: string): Promise<number> | number {
    checkOwnName(alive, host)
    return this.#first.listenPortPlease(alive, host)
  }

  async registerNode(alive: string, port: number, driver?: 'inet' | 'inet6'): Promise<{ creation: number }> {
    checkRegistration(alive, port, driver)
    const registered = await this.#first.registerNode(alive, port, driver)
    for (const module of this.#others) await module.registerNode(alive, port, driver)
    return registered
  }

  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    options?: LookupOptions,
  ): Promise<NodeAddress> {
    const { signal } = checkedLookup(alive, host, family, options)
    const failures: unknown[] = []
    for (const module of this.#all()) {
      try {
        return await module.addressPlease(alive, host, family, options)
      } catch (error) {
        signal?.throwIfAborted()
        failures.push(error)
      }
    }
    throw nobodyKnows(failures)
  }

  /** The names that the modules know, each once; those that cannot list are passed over while another one can. */
  async names(host?: string, options?: CallOptions): Promise<readonly RegisteredName[]> {
    const { signal } = checkedNames(host, options)
    const answers = await Promise.allSettled(this.#all().map((module) => module.names(host, options)))
    signal?.throwIfAborted()
    const known = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const failure = answers.find((answer) => answer.status === 'rejected' && !cannotList(answer.reason))
    if (failure?.status === 'rejected') throw failure.reason
    if (known.length === 0) throw namesUnknown('none of the modules can list nodes')
    const byName = new Map<string, RegisteredName>()
    for (const one of known.flat()) if (!byName.has(one.name)) byName.set(one.name, one)
    return [...byName.values()]
  }

  async close(): Promise<void> {
    for (const module of this.#all()) await module.close?.()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #all(): readonly EpmdModule[] {
    return [this.#first, ...this.#others]
  }
}

function cannotList(error: unknown): boolean {
  return codeOf(error) === 'EPMD_NAMES_UNKNOWN'
}

function nobodyKnows(failures: readonly unknown[]): EpmdError {
  const absent = failures.every((error) => codeOf(error) === 'EPMD_NOT_FOUND')
  const reasons = failures.map(messageOf).join('; ')
  const hints = failures.flatMap((error) => (isCoded(error) ? [error.hint] : []))
  return new EpmdError(
    absent ? 'EPMD_NOT_FOUND' : 'EPMD_LOOKUP_FAILED',
    `none of the modules has an address: ${reasons}`,
    {
      cause: new AggregateError(failures, reasons),
      hint: hints.length === 0 ? undefined : hints.join(' '),
      retryable: failures.some((error) => !isCoded(error) || error.retryable),
    },
  )
}
