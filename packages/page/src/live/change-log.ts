import type { ClusterEvent } from '@dynsrv/cluster'
import { explain, reasonText } from '@dynsrv/cluster'
import type { Clock } from '@dynsrv/kit'
import type { PageChange } from './page-state.ts'

/** How many changes are kept. */
const MAX_CHANGES = 200
/** How many are kept of what happened to one node, and of how many nodes. */
const MAX_OF_ONE = 8
const MAX_NODES = 2_000

type Said = Omit<PageChange, 'id' | 'at'>

/** The last things that happened, each once: what repeats itself, such as a dial that fails again, is left out. */
export class ChangeLog {
  readonly #changes: PageChange[] = []
  readonly #clock: Clock
  /** What was said last, by what it is about; bounded, as names come from peers. */
  readonly #said = new Map<string, string>()
  /** The last changes of each node: in a large cluster those of others soon push them out of the log. */
  readonly #ofNode = new Map<string, PageChange[]>()
  #nextId = 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Newest last. */
  get changes(): readonly PageChange[] {
    return this.#changes
  }

  /** What happened to one node, oldest first. */
  of(node: string): readonly PageChange[] {
    return this.#ofNode.get(node) ?? []
  }

  /** Adds what an event says, if it says something new. */
  notice(event: ClusterEvent): void {
    if (event.type === 'polled' && this.#said.get(event.topology)?.startsWith('trouble') !== true) return
    const said = sentence(event)
    if (said !== undefined) this.say(said)
  }

  /** Adds a line, unless it is what was said last about the same. */
  say(said: Said): void {
    const key = `${said.kind} ${said.text}`
    if (this.#said.get(said.about) === key) return
    this.#said.delete(said.about)
    this.#said.set(said.about, key)
    if (this.#said.size > 2 * MAX_CHANGES) this.#said.delete(this.#said.keys().next().value!)
    const change = { id: this.#nextId++, at: this.#clock.now(), ...said }
    this.#changes.push(change)
    const own = this.#ofNode.get(said.about) ?? []
    own.push(change)
    if (own.length > MAX_OF_ONE) own.shift()
    this.#ofNode.delete(said.about)
    this.#ofNode.set(said.about, own)
    if (this.#ofNode.size > MAX_NODES) this.#ofNode.delete(this.#ofNode.keys().next().value!)
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift()
  }
}

function sentence(event: ClusterEvent): Said | undefined {
  switch (event.type) {
    case 'nodeup':
      return { kind: 'up', about: event.node, text: 'connected', hint: '' }
    case 'nodedown':
      return trouble('down', event.node, 'link down', event.reason)
    case 'left':
      return { kind: 'down', about: event.node, text: 'left: its record was removed', hint: '' }
    case 'connectFailed':
      return trouble('trouble', event.node, 'not reached', event.cause)
    case 'discoveryFailed':
      return trouble('trouble', event.topology, 'DNS lookup failed, all members stay', event.cause)
    case 'polled':
      return { kind: 'calm', about: event.topology, text: 'DNS answers again', hint: '' }
    case 'held':
      return held(event)
    case 'ignored':
      return { kind: 'calm', about: event.target, text: `record ignored: ${event.reason}`, hint: '' }
    case 'deregistered':
      return {
        ...{
          kind: 'trouble',
          about: event.topology,
          text: 'our own record was removed: this node no longer connects',
        },
        hint: 'Put the record back, or let this node leave.',
      }
    case 'refused':
      if (event.reason.code === 'DIST_NOK' || event.reason.code === 'DIST_CLOSED_BY_PEER') return undefined
      return trouble(
        'trouble',
        event.peer ?? event.address.replace(/:\d+$/, ''),
        'dialled us and was refused',
        event.reason,
      )
    case 'warning':
      return { kind: 'trouble', about: event.peer ?? 'this node', text: `${event.code}: ${event.message}`, hint: '' }
    case 'partFailed':
      return trouble('trouble', event.topology, `${event.part} failed`, event.cause)
    case 'disconnectFailed':
      return trouble('trouble', event.node, 'could not be disconnected', event.cause)
    default:
      return undefined
  }
}

function trouble(kind: PageChange['kind'], about: string, what: string, cause: unknown): Said {
  return { kind, about, text: `${what}: ${reasonText(cause)}`, hint: explain(cause).hint ?? '' }
}

function held({ topology, nodes }: Extract<ClusterEvent, { type: 'held' }>): Said | undefined {
  if (nodes.size === 0) return undefined
  const some = [...nodes.keys()].slice(0, 3).join(', ')
  const more = nodes.size > 3 ? ` and ${nodes.size - 3} more` : ''
  return { kind: 'calm', about: topology, text: `missing from the answer, still a member: ${some}${more}`, hint: '' }
}
