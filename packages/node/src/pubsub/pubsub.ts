import { Atom, atom, type DecodeOptions, inspect, type Pid, type Sendable, type Term, type Values } from '@dynsrv/etf'
import { callProgram, messageOf, oneLine, oneOf, type Rule, rule, text, whole } from '@dynsrv/kit'
import type { ServerParts } from '../call/served-process.ts'
import { SystemServer } from '../call/system-server.ts'
import { atomName, checks, INSIDE, onlyInside, peerName, sendable, valuesRule } from '../checks.ts'
import { NodeError } from '../error.ts'
import type { PgChange, PgScope } from '../pg/pg-scope.ts'
import { givenReason } from '../process/exit-reason.ts'
import type { LocalProcess } from '../process/local-process.ts'
import type { Origin } from '../process/peer-use.ts'
import { Schemas } from '../schema/schema.ts'
import type { Destination, SendOptions } from '../signature.ts'
import {
  broadcastStruct,
  type Forwarded,
  forward,
  type MismatchedMessage,
  type PubSubMessage,
  pubSubMessage,
  readForwarded,
  type SubscriptionSchemas,
  type TypedMessage,
} from './pubsub-message.ts'
import {
  type AnySubscription,
  checkSubscribe,
  deliver,
  end,
  makeSubscription,
  type SubscribeOptions,
  Subscription,
  type TypedSubscribeOptions,
} from './subscription.ts'

/** The scope of `pg` in which every Phoenix.PubSub of version 2 has its groups. */
export const PUBSUB_SCOPE = 'Elixir.Phoenix.PubSub'
/** Hands a term to each subscriber as it is. */
const TO_SUBSCRIBERS = 'Elixir.Phoenix.PubSub'
/** Hands an event to channels, and straight to the sockets of those that do not intercept it. */
const TO_CHANNELS = 'Elixir.Phoenix.Channel.Server'
/** More shards than this are not joined on a peer's word. */
const MAX_POOL_SIZE = 256

/** How the PubSub of the BEAM nodes is set up. */
export interface PubSubOptions {
  /**
   * The largest `pool_size` (`broadcast_pool_size`) of the BEAM nodes; default 1. Larger pools are found out from their groups, so
   * that this only matters for what is broadcast in the moment when the first such node comes up.
   */
  readonly poolSize?: number
  /**
   * Which JavaScript values messages become; default: the node's `values`, and `plain` for a node that was given none, since
   * Phoenix payloads are JSON in spirit.
   */
  readonly values?: Values
}

/** Checks the options of `Node.pubsub`. @throws {NodeError} `NODE_BAD_OPTION` */
export const checkPubSub = checks.options<PubSubOptions>('pubsub', {
  poolSize: whole(1, MAX_POOL_SIZE),
  values: valuesRule,
})

/** The name of a PubSub: one with which the names of all its groups are atoms. */
export const pubSubName: Rule = rule(
  'a name as Elixir writes it, such as MyApp.PubSub',
  (value) =>
    typeof value === 'string' &&
    plain(value) !== '' &&
    atomName.check(shard(groupOf(value), MAX_POOL_SIZE), '') === undefined,
)

/** Who gets what is published, and what happens when a peer is busy. */
export interface PublishOptions extends SendOptions {
  /** A subscription of ours that does not get it, as `broadcast_from`. */
  readonly from?: AnySubscription
  /** The only node that gets it, as `direct_broadcast`. */
  readonly node?: string
  /**
   * The module that hands it out on each BEAM node, which must exist there; default `Elixir.Phoenix.PubSub`.
   */
  readonly dispatcher?: string
}

const subscription = rule('a subscription', (value) => value instanceof Subscription)
const checkPublish = checks.options<PublishOptions>('publish', {
  whenBusy: oneOf('queue', 'drop', 'fail'),
  from: subscription,
  node: peerName,
  dispatcher: atomName,
})

export interface PubSubParts {
  readonly self: string
  readonly servers: ServerParts
  readonly scope: PgScope
  readonly send: (from: Pid, to: Destination, message: Term, options: SendOptions) => boolean
  /** Whether the node was told which values it decodes to. */
  readonly choseValues: boolean
  /** Takes it out of the node's books. */
  readonly onClosed: () => void
}

/**
 * Joins a PubSub; programs do it by `Node.pubsub`.
 *
 * @throws {NodeError} `NODE_BAD_OPTION`; `NODE_NAME_TAKEN` when another process has the adapter's name
 */
export let makePubSub: (name: string, parts: PubSubParts, options: PubSubOptions) => PubSub

/**
 * A member of a Phoenix.PubSub: topics shared with every BEAM node that runs `{Phoenix.PubSub, name: MyApp.PubSub}` with
 * its default adapter, and with every node of ours that does the same. Made by `node.pubsub()`.
 *
 * Peers decide what they send; a program gets what it subscribed to, and nothing that a peer sends runs code here.
 *
 * @see Phoenix.PubSub 2.x, `Phoenix.PubSub.PG2`
 */
export class PubSub implements Disposable {
  /** The name as Elixir writes it, `MyApp.PubSub`. */
  readonly name: string
  readonly #parts: PubSubParts
  readonly #decode: DecodeOptions | undefined
  readonly #group: string
  readonly #joined = new Set<string>()
  readonly #worker: LocalProcess
  readonly #schemas: Schemas
  readonly #topics = new Map<string, Set<AnySubscription>>()
  readonly #onJoin = ({ group }: PgChange): void => this.#joinPool(group)
  #malformed = 0
  #closed = false

  static {
    makePubSub = (name, parts, options) => new PubSub(INSIDE, name, parts, options)
  }

  private constructor(key: typeof INSIDE, name: string, parts: PubSubParts, options: PubSubOptions) {
    onlyInside(key, 'a pubsub', 'node.pubsub')
    const { poolSize = 1, values = parts.choseValues ? undefined : 'plain' } = options
    this.name = plain(name)
    this.#parts = parts
    this.#decode = values && { values }
    this.#schemas = values === undefined ? parts.servers.schemas : new Schemas({ values })
    this.#group = groupOf(name)
    const server = new SystemServer(parts.servers, {
      ...{ kind: 'pubsub', module: 'Elixir.Phoenix.PubSub.PG2' },
      // The name of the PubSub, as the worker of Phoenix has it.
      state: () => atom(`Elixir.${this.name}`),
      handlers: {
        info: (term, origin) => this.#message(term, origin),
        cast: (term) => this.#drop(term, 'it is a cast'),
        call: (request) => {
          this.#drop(request, 'it is a call')
          return false
        },
      },
      ended: (reason) => this.#ended(reason),
    })
    this.#worker = server.process
    try {
      for (let number = 1; number <= poolSize; number++) this.#join(shard(this.#group, number))
    } catch (error) {
      this.close()
      throw error
    }
    parts.scope.on('join', this.#onJoin)
    for (const group of parts.scope.groups()) this.#joinPool(group)
  }

  /** Terms that peers sent here and that are no messages of Phoenix.PubSub; each was dropped. */
  get malformed(): number {
    return this.#malformed
  }

  /** The other nodes that get what is published here. */
  nodes(): string[] {
    return this.#members().map(({ node }) => node.name)
  }

  /**
   * Subscribes to a topic: to be iterated or received from, or with a listener that is called with each message. With `schema`
   * messages are checked and typed.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`; `NODE_CLOSED`
   * @throws the signal's reason when it has aborted
   */
  subscribe<const S extends SubscriptionSchemas>(
    topic: string,
    options: TypedSubscribeOptions<S>,
  ): Subscription<TypedMessage<S>>
  subscribe<const S extends SubscriptionSchemas>(
    topic: string,
    listener: (message: TypedMessage<NoInfer<S>>) => void,
    options: TypedSubscribeOptions<S>,
  ): Subscription<TypedMessage<S>>
  subscribe(topic: string, options?: SubscribeOptions): Subscription
  subscribe(topic: string, listener: (message: PubSubMessage) => void, options?: SubscribeOptions): Subscription
  subscribe(
    topic: string,
    first: SubscribeOptions | ((message: never) => unknown) = {},
    second: SubscribeOptions = {},
  ): AnySubscription {
    this.#open()
    checks.argument('subscribe', 'topic', text, topic)
    const listener = typeof first === 'function' ? first : undefined
    const options: Partial<TypedSubscribeOptions> = typeof first === 'function' ? second : first
    checkSubscribe(options)
    options.signal?.throwIfAborted()
    const subscription = makeSubscription(topic, {
      clock: this.#parts.servers.clock,
      options,
      schemas: this.#schemas,
      lateHint: () => this.#lateHint(),
      listener,
      threw: (cause) => this.#threw(topic, cause),
      mismatched: (of, mismatch) => this.#mismatched(of, mismatch, options.onMismatch),
      onClosed: (ended) => this.#forget(ended),
      full: ({ length }, policy) => {
        const message = `${length} messages of the topic ${topic} of ${this.name} wait to be read: ${policy}`
        this.#parts.servers.warn({ code: 'MAILBOX_FULL', message, pid: this.#worker.pid })
      },
    })
    const subscribers = this.#topics.get(topic) ?? new Set()
    this.#topics.set(topic, subscribers.add(subscription))
    return subscription
  }

  /** Ends every subscription of a topic; gives how many those were. @throws {NodeError} `NODE_BAD_OPTION` */
  unsubscribe(topic: string): number {
    checks.argument('unsubscribe', 'topic', text, topic)
    const subscriptions = [...(this.#topics.get(topic) ?? [])]
    for (const subscription of subscriptions) subscription.close()
    return subscriptions.length
  }

  /**
   * Tells an event to every subscriber of a topic on all nodes, as `MyApp.Endpoint.broadcast/3` does: channels push it to
   * their sockets. Each BEAM node must run Phoenix itself; to nodes with Phoenix.PubSub alone, `publish`.
   *
   * @param payload what becomes JSON: an object with text keys
   * @returns how many other nodes it went to; see `publish`
   */
  broadcast(topic: string, event: string, payload: Sendable, options: PublishOptions = {}): number {
    checks.argument('broadcast', 'event', text, event)
    checkPublish(options)
    const dispatcher = options.dispatcher ?? TO_CHANNELS
    const publish = () =>
      this.publish(topic, broadcastStruct(topic, event, payload as Term), { ...options, dispatcher })
    return sendable('the payload', publish, payload as Term)
  }

  /** The same, but not to one subscription of ours. */
  broadcastFrom(from: AnySubscription, topic: string, event: string, payload: Sendable): number {
    checks.argument('broadcastFrom', 'from', subscription, from)
    return this.broadcast(topic, event, payload, { from })
  }

  /** The same, but only to the subscribers of one node. */
  directBroadcast(node: string, topic: string, event: string, payload: Sendable): number {
    checks.argument('directBroadcast', 'node', peerName, node)
    return this.broadcast(topic, event, payload, { node })
  }

  /**
   * Sends any term to every subscriber of a topic on all nodes, as `Phoenix.PubSub.broadcast/4` does. As in Erlang,
   * nobody tells whether it arrived.
   *
   * @returns how many other nodes it went to; one that is busy counts, unless `whenBusy` is `drop`
   * @throws {NodeError} `NODE_MESSAGE_INVALID` for a term without encoding; `NODE_PEER_BUSY` with `whenBusy: 'fail'`;
   * `NODE_CLOSED`
   */
  publish(topic: string, message: Sendable, options: PublishOptions = {}): number {
    this.#open()
    checks.argument('publish', 'topic', text, topic)
    checkPublish(options)
    const { from, node, dispatcher = TO_SUBSCRIBERS, ...sendOptions } = options
    const { self, send } = this.#parts
    const forwarded = forward(topic, message as Term, dispatcher)
    const drops = sendOptions.whenBusy === 'drop'
    let reached = 0
    const targets: readonly Destination[] = node === undefined ? this.#members() : [{ name: this.#group, node }]
    for (const target of node === self ? [] : targets) {
      const publishTo = () => send(this.#worker.pid, target, forwarded, sendOptions)
      if (sendable('the message', publishTo, message as Term) || !drops) reached++
    }
    if (node === undefined || node === self) {
      try {
        this.#dispatch({ topic, message: message as Term }, from)
      } catch (cause) {
        throw new NodeError('NODE_MESSAGE_INVALID', `this cannot be published: ${messageOf(cause)}`, { cause })
      }
    }
    return reached
  }

  /** Leaves the groups and ends every subscription. @param reason default: `normal` */
  close(...reason: [reason?: Term]): void {
    this.#parts.servers.life.exit(this.#worker, givenReason(reason))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Each node has one member in the first group, whatever its pool, so that everybody is reached, and in order. */
  #members(): readonly Pid[] {
    return this.#parts.scope.members(atom(this.#group)).filter(({ node }) => node.name !== this.#parts.self)
  }

  #message(term: Term, origin: Origin | undefined): void {
    const forwarded = readForwarded(term)
    if (forwarded === undefined) {
      this.#drop(term, 'it is not {forward_to_local, Topic, Message, Dispatcher}')
      return
    }
    try {
      this.#dispatch(forwarded, undefined, origin)
    } catch (cause) {
      this.#drop(term, messageOf(cause))
    }
  }

  /** @throws what a term throws that cannot be read as the options say, or that a getter of it throws */
  #dispatch(forwarded: Forwarded, except?: AnySubscription, origin?: Origin): void {
    const { topic } = forwarded
    const subscribers = this.#topics.get(topic)
    if (subscribers === undefined) return
    const message = pubSubMessage(forwarded, this.#decode)
    for (const subscription of [...subscribers]) {
      if (subscription === except) continue
      callProgram(
        () => deliver(subscription, message, origin),
        (cause) => this.#threw(topic, cause),
      )
    }
  }

  #lateHint(): string {
    const { length } = this.nodes()
    const others =
      length === 0 ? 'No other node has' : length === 1 ? 'One other node has' : `${length} other nodes have`
    const elixir = length === 0 ? `: in Elixir it is {Phoenix.PubSub, name: ${this.name}} of a connected node` : ''
    return `${others} a PubSub called ${this.name}${elixir}. Check the topic, or raise timeoutMs.`
  }

  #threw(topic: string, cause: unknown): void {
    const message = `a listener of the topic ${oneLine(topic)} of ${this.name} threw: ${oneLine(messageOf(cause))}`
    this.#parts.servers.warn({ code: 'HANDLER_THREW', message, cause })
  }

  /** Told at the 1st, 10th, 100th …: a peer must not fill the log either. */
  #drop(term: Term, why: string): void {
    this.#malformed++
    if (!/^10*$/.test(String(this.#malformed))) return
    const shown = inspect(term).slice(0, 200)
    const message = `dropped ${shown}, sent to ${this.name}: ${why} (number ${this.#malformed})`
    this.#parts.servers.warn({ code: 'MESSAGE_DROPPED', message, pid: this.#worker.pid })
  }

  /** To the log the 1st, 10th, 100th … of a subscription: a peer must not fill it. */
  #mismatched(
    { topic, mismatches }: AnySubscription,
    mismatch: MismatchedMessage,
    onMismatch: TypedSubscribeOptions['onMismatch'],
  ): void {
    const { warn } = this.#parts.servers
    const where = `the topic ${oneLine(topic)} of ${this.name}`
    if (onMismatch !== undefined) {
      callProgram(
        () => onMismatch(mismatch),
        (cause) => {
          warn({ code: 'HANDLER_THREW', message: `onMismatch of ${where} threw: ${oneLine(messageOf(cause))}`, cause })
        },
      )
    } else if (/^10*$/.test(String(mismatches))) {
      const { message, path, reason } = mismatch
      const part = `${message.type === 'event' ? `the payload of ${message.event}` : 'a message'}${path}`
      warn({ code: 'MISMATCH', message: `left out of ${where}: ${oneLine(part)}: ${reason} (number ${mismatches})` })
    }
  }

  /** A node has a larger pool than we knew: its processes use any shard, so we listen on all of them. */
  #joinPool(group: Term): void {
    if (!(group instanceof Atom) || !group.name.startsWith(`${this.#group}_`)) return
    const number = Number(group.name.slice(this.#group.length + 1))
    if (group.name === shard(this.#group, number) && number <= MAX_POOL_SIZE) this.#join(group.name)
  }

  #join(group: string): void {
    if (this.#joined.has(group)) return
    this.#joined.add(group)
    this.#parts.servers.registry.register(group, this.#worker)
    this.#parts.scope.join(atom(group), this.#worker)
  }

  #forget(subscription: AnySubscription): void {
    const subscribers = this.#topics.get(subscription.topic)
    subscribers?.delete(subscription)
    if (subscribers?.size === 0) this.#topics.delete(subscription.topic)
  }

  #open(): void {
    if (this.#closed) throw new NodeError('NODE_CLOSED', `the pubsub ${this.name} is closed`)
  }

  #ended(reason: Term): void {
    this.#closed = true
    this.#parts.scope.off('join', this.#onJoin)
    this.#parts.onClosed()
    const normal = reason === atom('normal')
    for (const subscription of [...this.#topics.values()].flatMap((subscribers) => [...subscribers])) {
      end(subscription, normal ? undefined : reason)
    }
  }
}

/** The name of a module without the prefix that its atom has. */
function plain(name: string): string {
  return name.replace(/^Elixir\./, '')
}

/** The group of all nodes that have a PubSub of this name. */
function groupOf(name: string): string {
  return `Elixir.${plain(name)}.Adapter`
}

/** The group of one shard of a pool; the first has no number. */
function shard(group: string, number: number): string {
  return number === 1 ? group : `${group}_${number}`
}
