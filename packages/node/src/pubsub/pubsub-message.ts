import { Atom, atom, Binary, type DecodeOptions, decode, encode, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { Read, Schema, Schemas } from '../schema/schema.ts'

const FORWARD_TO_LOCAL = atom('forward_to_local')
const STRUCT = atom('__struct__')
const TOPIC = atom('topic')
const EVENT = atom('event')
const PAYLOAD = atom('payload')
const BROADCAST = atom('Elixir.Phoenix.Socket.Broadcast')
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** An event, as `Endpoint.broadcast/3` and channels send it: a `Phoenix.Socket.Broadcast`. */
export interface PubSubEvent {
  readonly type: 'event'
  readonly topic: string
  readonly event: string
  readonly payload: Term
}

/** Any other term, as `Phoenix.PubSub.broadcast/3` sends it. */
export interface PubSubTerm {
  readonly type: 'message'
  readonly topic: string
  readonly message: Term
}

/** What a subscription gets, told apart by `type`. */
export type PubSubMessage = PubSubEvent | PubSubTerm

/** Which messages a subscription takes, by schemas; what fits none of them is left out. */
export interface SubscriptionSchemas {
  /** Payloads, by the name of the event. */
  readonly events?: Readonly<Record<string, Schema>>
  /** Any other term. */
  readonly message?: Schema
}

/** What a subscription with schemas gets. */
export type TypedMessage<S extends SubscriptionSchemas> =
  | (S extends { readonly events: infer Events } ? TypedEvent<Events> : never)
  | (S extends { readonly message: infer Given extends Schema }
      ? Omit<PubSubTerm, 'message'> & { readonly message: Read<Given> }
      : never)

type TypedEvent<Events> = {
  [Name in keyof Events & string]: Omit<PubSubEvent, 'event' | 'payload'> & {
    readonly event: Name
    readonly payload: Read<Events[Name]>
  }
}[keyof Events & string]

/** A message that fits none of the schemas of a subscription, and why. */
export interface MismatchedMessage {
  readonly message: PubSubMessage
  /** Where in the payload or the term, such as `.body`; empty for the whole, and for an event without a schema. */
  readonly path: string
  /** What is wrong there. */
  readonly reason: string
}

/** Reads a message by schemas. It never rejects. */
export async function readMessage(
  message: PubSubMessage,
  { events = {}, message: terms }: SubscriptionSchemas,
  schemas: Schemas,
): Promise<{ readonly read: PubSubMessage } | MismatchedMessage> {
  const isEvent = message.type === 'event'
  const schema = !isEvent ? terms : Object.hasOwn(events, message.event) ? events[message.event] : undefined
  if (schema === undefined) {
    return {
      message,
      path: '',
      reason: `no schema is for ${isEvent ? `the event ${message.event}` : 'such a message'}`,
    }
  }
  const checked = await schemas.read(schema, isEvent ? message.payload : message.message)
  if (!checked.ok) return { message, path: checked.mismatch.path, reason: checked.mismatch.message }
  const value = checked.value as Term
  return { read: isEvent ? { ...message, payload: value } : { ...message, message: value } }
}

/** What travels between the nodes: a topic, a term, and the module that hands it out on the other side. */
export interface Forwarded {
  readonly topic: string
  readonly message: Term
}

/**
 * What the adapter of Phoenix.PubSub sends to another node.
 *
 * @see Phoenix.PubSub 2.x, `Phoenix.PubSub.PG2`
 */
export function forward(topic: string, message: Term, dispatcher: string): Tuple {
  return tuple(FORWARD_TO_LOCAL, topic, message, atom(dispatcher))
}

/** Reads what another node's adapter sent; undefined when it is nothing of the kind. */
export function readForwarded(term: Term): Forwarded | undefined {
  if (!(term instanceof Tuple) || term.length !== 4) return undefined
  const [kind, topicTerm, message, dispatcher] = term.elements
  const topic = textOf(topicTerm)
  if (kind !== FORWARD_TO_LOCAL || topic === undefined || !(dispatcher instanceof Atom)) return undefined
  return { topic, message }
}

/** The struct that channels understand. */
export function broadcastStruct(topic: string, event: string, payload: Term): Term {
  return new Map<Term, Term>([
    [STRUCT, BROADCAST],
    [TOPIC, topic],
    [EVENT, event],
    [PAYLOAD, payload],
  ])
}

/** What a subscriber gets of it. */
export function pubSubMessage({ topic, message }: Forwarded, options: DecodeOptions | undefined): PubSubMessage {
  const field = fieldsOf(message)
  const event = field(STRUCT) === BROADCAST ? textOf(field(EVENT)) : undefined
  const as = (term: Term): Term => (options === undefined ? term : decode(encode(term), options))
  if (event === undefined) return { type: 'message', topic, message: as(message) }
  return { type: 'event', topic, event, payload: as(field(PAYLOAD)) }
}

/** A map's fields, whichever of both forms it was decoded to. */
function fieldsOf(term: Term): (key: Atom) => Term {
  if (term instanceof Map) return (key) => term.get(key) as Term
  if (typeof term === 'object' && term !== null && Object.getPrototypeOf(term) === Object.prototype) {
    return (key) => (term as Readonly<Record<string, Term>>)[key.name]
  }
  return () => undefined
}

/** A binary as text, in whichever form it was decoded; undefined for anything else. */
function textOf(term: Term): string | undefined {
  if (typeof term === 'string') return term
  const bytes = term instanceof Binary ? term.toBytes() : term
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    return UTF8.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
