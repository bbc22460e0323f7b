export type {
  Clock,
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
  FileFacts,
  Files,
  MissedEvents,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export type { GenFrom } from './call/gen-message.ts'
export type { GenServer } from './call/gen-server.ts'
export type { ErpcCall, ErpcOutcome } from './call/many-calls.ts'
export {
  NO_REPLY,
  type NoSchemas,
  type ServerContext,
  type ServerHandlers,
  type ServerSchemas,
} from './call/server-handlers.ts'
export type { NodeDecodeOptions } from './checks.ts'
export type { Closable } from './closable.ts'
export { type CallMessage, CHANNELS, type NodeEventMessage } from './diagnostics.ts'
export type { DrainOptions } from './drain.ts'
export {
  type ExceptionClass,
  isNodeError,
  isRemoteError,
  NODE_ERRORS,
  NodeError,
  type NodeErrorCode,
  type NodeErrorOptions,
  type NodeNameErrorCode,
  type OwnNodeErrorCode,
  RemoteError,
  type RemoteErrorOptions,
} from './error.ts'
export type { GlobalNames } from './global/global-names.ts'
export type { GroupSnapshot, InspectOptions, NodeSnapshot, ProcessSnapshot } from './inspect-node.ts'
export type { PeerState } from './link/connection-table.ts'
export type { OnNodeDown } from './link/node-monitors.ts'
export { type Alias, Node } from './node.ts'
export type {
  ConnectionCounters,
  NodeDown,
  NodeDownReason,
  NodeEvent,
  NodeEvents,
  NodeUp,
  Refused,
  Warning,
} from './node-event.ts'
export type { LogMethod, NodeLogger } from './node-logger.ts'
export {
  type LocatePeer,
  NODE_LIMITS,
  type NodeLimits,
  type NodeOptions,
  type Output,
  type TlsOptions,
} from './node-options.ts'
export type { PgChange, PgEvents, PgScope, SyncedOptions } from './pg/pg-scope.ts'
export type { ProcessKind } from './process/local-process.ts'
export {
  Mailbox,
  type MailboxOptions,
  type ReceiveOptions,
  type ReceiveWait,
  type TypedReceiveOptions,
} from './process/mailbox.ts'
export type { OverflowPolicy } from './process/mailbox-queue.ts'
export type { PeerLimits } from './process/peer-use.ts'
export { type PublishOptions, PubSub, type PubSubOptions } from './pubsub/pubsub.ts'
export type {
  MismatchedMessage,
  PubSubEvent,
  PubSubMessage,
  PubSubTerm,
  SubscriptionSchemas,
  TypedMessage,
} from './pubsub/pubsub-message.ts'
export {
  type AnySubscription,
  type SubscribeOptions,
  Subscription,
  type SubscriptionReceiveOptions,
  type TypedSubscribeOptions,
} from './pubsub/subscription.ts'
export type { Read, Returned, Schema, Written } from './schema/schema.ts'
export { fn, type ReadAll, TypedFunction } from './schema/typed-function.ts'
export type {
  AliasOptions,
  BusyPolicy,
  CallOptions,
  ConnectOptions,
  Destination,
  ErpcManyOptions,
  EventsOptions,
  MultiCallOptions,
  MultiCallResult,
  ProcessRef,
  Recipient,
  SendOptions,
  SendWaitOptions,
  TypedCallOptions,
} from './signature.ts'
export { startNode } from './start-node.ts'
export type { ExposedFunction, FunctionTable } from './system/exposed-functions.ts'
export type { ExposeOptions } from './system/exposed-group.ts'
