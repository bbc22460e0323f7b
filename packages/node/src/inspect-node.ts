import { inspect, type Term } from '@dynsrv/etf'
import { either, rule, whole } from '@dynsrv/kit'
import { checks } from './checks.ts'
import type { PeerState } from './link/connection-table.ts'
import type { LocalProcess, ProcessKind } from './process/local-process.ts'
import type { Rooms } from './rooms.ts'

/** How much `Node.inspect` shows. */
export interface InspectOptions {
  /** Processes listed, those with the longest queues first; default 1000. */
  readonly maxProcesses?: number
}

/** Checks the options of `Node.inspect`. @throws {NodeError} `NODE_BAD_OPTION` */
export const checkInspect = checks.options<InspectOptions>('inspect', {
  maxProcesses: either(
    whole(),
    rule('Infinity', (value) => value === Number.POSITIVE_INFINITY),
  ),
})

/** One process of ours. */
export interface ProcessSnapshot {
  /** As Erlang writes it on this node, `<0.5.0>`. */
  readonly pid: string
  readonly kind: ProcessKind
  /** The names under which it is registered. */
  readonly names: readonly string[]
  /** Messages that wait; 0 for processes without a queue. */
  readonly queued: number
  readonly links: number
  /** How many processes watch it. */
  readonly watchers: number
  readonly trapExit: boolean
}

/** A process group. */
export interface GroupSnapshot {
  /** The group's name, a term as Erlang writes it. */
  readonly group: string
  /** Members on all nodes. */
  readonly members: number
  /** Members on this node. */
  readonly local: number
}

/** What a node holds at one moment: plain data, without a secret. */
export interface NodeSnapshot {
  readonly self: string
  readonly creation: number
  readonly state: 'open' | 'draining' | 'closed'
  readonly hidden: boolean
  readonly tls: boolean
  /** The port that we listen on, unless we only dial. */
  readonly port?: number
  /** Since the node was started, in milliseconds. */
  readonly uptimeMs: number
  readonly peers: readonly PeerState[]
  /** How many processes live. */
  readonly processCount: number
  readonly processes: readonly ProcessSnapshot[]
  /** Monitors of ours that wait for an end. */
  readonly monitors: number
  /** Handshakes of dialling peers that are under way. */
  readonly handshakes: number
  /** Functions that other nodes may call, by module. */
  readonly exposed: Readonly<Record<string, readonly string[]>>
  /** Groups by pg scope. */
  readonly groups: Readonly<Record<string, readonly GroupSnapshot[]>>
  /** Names of Phoenix.PubSub servers that are joined. */
  readonly pubsubs: readonly string[]
  /** Names that are registered in `global`; empty on a hidden node. */
  readonly global: readonly string[]
}

/** Takes the snapshot. */
export function inspectRooms(
  { global, links, parts, processes, pubsubs, scopes, system }: Rooms,
  { maxProcesses = 1_000 }: InspectOptions,
  life: Pick<NodeSnapshot, 'state' | 'uptimeMs'>,
): NodeSnapshot {
  const { port } = links
  const { registry } = processes
  return {
    self: parts.self,
    creation: parts.identity.creation,
    state: life.state,
    hidden: parts.settings.hidden,
    tls: parts.settings.tls !== undefined,
    ...(port !== undefined && { port }),
    uptimeMs: life.uptimeMs,
    peers: links.states().map(plainly),
    processCount: registry.processCount,
    processes: maxProcesses > 0 ? longestQueues(registry.processes(), maxProcesses) : [],
    monitors: processes.life.monitorCount,
    handshakes: links.handshakes,
    exposed: system.exposed.list(),
    groups: Object.fromEntries(
      scopes.joined().map((scope) => [
        scope.scope,
        scope.groups().map((group) => ({
          group: textOf(group),
          members: scope.members(group).length,
          local: scope.localMembers(group).length,
        })),
      ]),
    ),
    pubsubs: pubsubs.names(),
    global: global?.names.names().map(textOf) ?? [],
  }
}

/** Errors have no text as JSON. */
function plainly(peer: PeerState): PeerState {
  if (peer.state !== 'down') return peer
  const { code, message, hint } = peer.reason
  return { ...peer, reason: { code, message, hint } }
}

function longestQueues(processes: Iterable<LocalProcess>, count: number): ProcessSnapshot[] {
  const all = [...processes].map((process) => ({ process, queued: process.behaviour.queued?.() ?? 0 }))
  all.sort((one, other) => other.queued - one.queued)
  return all.slice(0, count).map(({ process, queued }) => ({
    pid: `<0.${process.pid.id}.${process.pid.serial}>`,
    kind: process.behaviour.kind ?? 'system',
    names: [...process.names],
    queued,
    links: process.links.size,
    watchers: process.watchers.size,
    trapExit: process.trapExit,
  }))
}

function textOf(term: Term): string {
  return inspect(term)
}
