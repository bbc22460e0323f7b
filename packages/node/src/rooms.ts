import type { Asked, ControlMessage, EncodedTerm } from '@dynsrv/dist-protocol'
import { atom, type EtfError } from '@dynsrv/etf'
import { callProgram, type Failed, messageOf, oneLine, Repeats } from '@dynsrv/kit'
import { GenCalls } from './call/gen-call.ts'
import { RemoteCalls } from './call/remote-calls.ts'
import type { ServerParts } from './call/served-process.ts'
import { StateReplies } from './call/state-replies.ts'
import { publishEvent } from './diagnostics.ts'
import { isNodeError, type NodeError } from './error.ts'
import { type Global, startGlobal } from './global/start-global.ts'
import { guardedSettings } from './guarded-settings.ts'
import type { Connection } from './link/connection.ts'
import { inSeconds } from './link/loop-watch.ts'
import { PeerLinks, type PeerLinksParts } from './link/peer-links.ts'
import type { NodeEvent, Warning } from './node-event.ts'
import { logEvent } from './node-logger.ts'
import { PgScopes } from './pg/pg-scopes.ts'
import { optionOf } from './process/over-limit.ts'
import { PeerUses } from './process/peer-use.ts'
import { makeProcesses, type Processes } from './process/processes.ts'
import { PUBSUB_SCOPE } from './pubsub/pubsub.ts'
import { PubSubs } from './pubsub/pubsubs.ts'
import { Schemas } from './schema/schema.ts'
import { printAtMost } from './system/printed-text.ts'
import { type System, startSystem } from './system/start-system.ts'

/** What `startNode` finds out before there is a node. */
export type RoomsParts = Pick<PeerLinksParts, 'self' | 'identity' | 'settings' | 'transport' | 'listener'>

const SYSTEM_LIMIT = atom('system_limit')
/** Stands for a name that could not be read. */
const UNREAD = atom('undefined')

/** Nobody is left who could be told. */
const ignore = (): void => undefined

function threw(what: string, cause: unknown): Warning {
  return { type: 'warning', code: 'HANDLER_THREW', message: `${what} threw: ${oneLine(messageOf(cause))}`, cause }
}

/** Peers with such a creation have an epmd module that gives one of three: a restart may reuse it. */
const SMALL_CREATION = 3

/**
 * The rooms of a node, wired to each other, and what each of them hears when a link comes up, speaks and goes down.
 *
 * A room gets functions of the others, never all of this.
 */
export class Rooms {
  readonly parts: RoomsParts
  readonly links: PeerLinks
  readonly processes: Processes
  readonly system: System
  readonly calls: GenCalls
  /** What every process that serves needs. */
  readonly servers: ServerParts
  /** Reads and writes by schemas of the program. */
  readonly schemas: Schemas
  readonly remote: RemoteCalls
  readonly scopes: PgScopes
  readonly pubsubs: PubSubs
  /** Undefined on a hidden node. */
  readonly global: Global | undefined
  readonly #uses: PeerUses
  /** Keeps peers, and who is none, from filling the log. */
  readonly #repeats: Repeats
  /** Gets every event; set by the node that these are the rooms of. */
  onEvent: (event: NodeEvent, threw: (cause: unknown, name: string) => void) => void = ignore

  constructor({ settings: given, ...others }: RoomsParts) {
    const warn = (warning: Omit<Warning, 'type'>) => this.tell({ type: 'warning', ...warning })
    const settings = guardedSettings(given, warn)
    const parts = { ...others, settings }
    this.parts = parts
    const { self, identity } = parts
    const { limits } = settings
    const { creation } = identity
    const { clock, random } = settings.world
    this.#repeats = new Repeats(clock)
    const uses = new PeerUses({
      limits,
      warn,
      giveUp: (peer) => {
        const link = links.get(peer)
        link?.giveWay()
        return link !== undefined
      },
    })
    const links: PeerLinks = new PeerLinks({
      ...parts,
      onUp: (connection) => this.#up(connection),
      onMessage: (connection, control, payload) => this.#receive(connection, control, payload),
      onRefused: (connection, error, asked) => this.#refused(connection, error, asked),
      uses,
      wants: (peer, control) => this.processes.router.wants(peer, control),
      onDown: (connection, reason) => this.#down(connection, reason),
      onUnreachable: (peer, error) => this.#unreachable(peer, error),
      onBlocked: (ms) => {
        const tick = inSeconds(settings.netTickTimeMs)
        const message = `our event loop was blocked for ${inSeconds(ms)}; with a tick time of ${tick}, peers drop us after about that long`
        warn({ code: 'LOOP_BLOCKED', message })
      },
    })
    const connection = (node: string) => links.get(node)
    const connected = () => links.connected()
    const connect = (node: string) => links.autoConnect(node)
    // A node of the mesh is dialled in its turn: to send to it must not dial all that a peer has named at once.
    const connectToSend = (node: string) => (this.global?.server.isDialled(node) ? links.dialsByItself : connect(node))
    const whyDown = (node: string) => links.whyDown(node)
    const processes = makeProcesses({
      self,
      creation,
      clock,
      random,
      connection,
      connect: connectToSend,
      warn,
      maxProcesses: limits.maxProcesses,
      maxWaiting: limits.maxWaiting,
      decode: settings.decode,
      uses,
      spawns: () => ({
        request: (peer, control, read) => system.spawns.request(peer, control, read),
        reply: (peer, control) => remote.reply(peer, control),
      }),
    })
    const { registry, life, router } = processes
    this.schemas = new Schemas(settings.decode)
    const calls = new GenCalls({ clock, ...processes, connection, whyDown })
    const reply: GenCalls['reply'] = (own, from, answer) => calls.reply(own, from, answer)
    const stateReplies = new StateReplies({
      connection,
      ask: (node, module, name, args) => remote.erpc(node, module, name, args, { timeoutMs: 3_000 }),
    })
    const servers: ServerParts = {
      ...{ clock, registry, life, reply, warn, print: printAtMost(limits.maxPrintedBytes, settings.output) },
      schemas: this.schemas,
      exact: { float: 'boxed', ...(settings.decode?.limits && { limits: settings.decode.limits }) },
      exactFloats: { ...settings.decode, float: 'boxed' },
      // It never rejects: a peer that does not say its release is taken for a new one, and `formed` does not throw.
      stateReply: ({ pid }, state, formed) => void stateReplies.answer(pid.node.name, state, formed),
    }
    const system = startSystem({
      ...{ self, servers, router, output: settings.output, uses },
      ask: (node, name, args) => remote.erpc(node, 'io_lib', name, args),
      maxPrintedBytes: limits.maxPrintedBytes,
    })
    const remote = new RemoteCalls({ ...processes, calls, groupLeader: () => system.groupLeader })
    this.servers = servers
    this.scopes = new PgScopes({
      servers,
      uses,
      connected,
      send: (from, to, message) => void router.send(from, to, message),
      onClosed: (scope, reason) => {
        // Without their scope they would hear of nobody, and nobody of them: the next to ask gets new ones.
        if (scope === PUBSUB_SCOPE) this.pubsubs.close(reason)
      },
    })
    this.pubsubs = new PubSubs({
      self,
      servers,
      scope: () => this.scopes.join(PUBSUB_SCOPE),
      send: (from, to, message, options) => router.send(from, to, message, options),
      choseValues: settings.decode?.values !== undefined,
    })
    if (!settings.hidden) {
      this.global = startGlobal({
        servers,
        uses,
        random,
        self,
        creation,
        decode: settings.decode,
        calls,
        preventOverlap: settings.preventOverlappingPartitions,
        exposed: system.exposed,
        erpc: (node, module, name, args) => remote.erpc(node, module, name, args),
        send: (from, to, message) => void router.send(from, to, message),
        connect: (node) => void connect(node),
        disconnect: (node, reason) => links.get(node)?.close(reason),
        isConnected: (node) => links.get(node) !== undefined,
        isVisible: (node) => links.get(node)?.hidden === false,
        connected,
      })
    }
    this.links = links
    this.#uses = uses
    this.processes = processes
    this.calls = calls
    this.system = system
    this.remote = remote
  }

  /**
   * Tells the diagnostics channel, the logger and the listeners of the node. One of them that throws is the program's
   * fault, and the others get a warning; no link or process that the event is about notices.
   */
  tell(event: NodeEvent): void {
    publishEvent(this.parts.self, event)
    this.#log(event, (cause) => this.#tellListeners(threw(`the logger of ${this.parts.self}`, cause)))
    this.#tellListeners(event)
  }

  /** Logs what was left out so far; nothing is told any more. */
  close(): void {
    this.#repeats.close()
  }

  #log(event: NodeEvent, failed: Failed): void {
    const { self, settings } = this.parts
    const { logger } = settings
    if (logger === undefined) return
    this.#repeats.tell(event, (more) => callProgram(() => logEvent(logger, self, event, more), failed))
  }

  /** A listener of warnings that throws is only logged: it would throw again. */
  #tellListeners(event: NodeEvent): void {
    this.onEvent(event, (cause, name) => {
      const warning = threw(`the ${event.type} listener ${name}`, cause)
      if (event.type !== 'warning') this.tell(warning)
      else this.#log(warning, ignore)
    })
  }

  #up(connection: Connection): void {
    const { peer, hidden, direction, creation } = connection
    this.processes.life.connectionUp(peer)
    this.processes.router.connected(connection)
    this.scopes.connectionUp(peer)
    this.global?.server.connectionUp(peer, hidden)
    this.tell({ type: 'nodeup', node: peer, hidden, direction, creation })
    if (creation > SMALL_CREATION) return
    const message = `${peer} has creation ${creation}: a restart may reuse it, and messages reach the wrong process`
    this.tell({ type: 'warning', code: 'CREATION_SMALL', message, peer })
  }

  #receive(connection: Connection, control: ControlMessage, payload: EncodedTerm | undefined): void {
    const { peer } = connection
    try {
      this.processes.router.receive(peer, control, payload)
    } catch (cause) {
      if (isNodeError(cause) && cause.code === 'DIST_MALFORMED' && cause.peer === peer) {
        // BEAM drops a peer whose terms do not decode: what follows them cannot be trusted either.
        connection.close(cause, true)
        return
      }
      // The fault is on our side, such as a listener of the program that throws: the peer is not to blame.
      const message = `the handling of a ${control.op} of ${peer} threw: ${messageOf(cause)}`
      this.tell({ type: 'warning', code: 'HANDLER_THREW', message, peer, cause })
    }
  }

  /** What it was cannot be told: not even its control message can be read here. Who waits for an answer gets one. */
  #refused(connection: Connection, cause: EtfError, asked: Asked | undefined): void {
    const { peer } = connection
    const option = optionOf(cause.limit ?? 'a limit')
    const message = `a control message of ${peer} is over ${option}, and is dropped: ${cause.message}`
    this.tell({ type: 'warning', code: 'OVER_LIMIT', message, peer, cause, limit: option })
    if (asked === undefined || asked.from.node.name !== peer) return
    const { op, ref, from: to } = asked
    if (op === 'SPAWN_REQUEST') connection.send({ op: 'SPAWN_REPLY', ref, to, flags: 0, result: SYSTEM_LIMIT })
    // The peer goes by the reference; the name that it watches is what could not be read.
    else if (connection.takesMonitors) {
      connection.send({ op: 'MONITOR_P_EXIT', from: UNREAD, to, ref }, SYSTEM_LIMIT)
    }
  }

  #down(connection: Connection, reason: NodeError): void {
    const { peer, hidden, counters } = connection
    this.processes.life.connectionLost(peer)
    this.remote.connectionLost(peer)
    if (!hidden) this.global?.server.connectionLost(peer)
    this.#uses.left(peer)
    this.tell({ type: 'nodedown', node: peer, reason, counters })
  }

  #unreachable(node: string, error: unknown): void {
    this.processes.router.unreachable(node, error)
    this.remote.connectionLost(node)
    if (this.links.get(node) === undefined) this.global?.server.unreachable(node)
  }
}
