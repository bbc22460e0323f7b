export type {
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
} from '@dynsrv/kit'
export type { Asked } from './channel/asked.ts'
export {
  CHANNEL_LIMITS,
  Channel,
  type ChannelLimits,
  type ChannelOptions,
  type ChannelOutput,
} from './channel/channel.ts'
export { EncodedTerm } from './channel/encoded-term.ts'
export type { FragmentLimits, LimitOnUnfinished } from './channel/fragment.ts'
/** The bytes that frames begin with. */
export * as Frame from './channel/frame.ts'
export type { IncomingMessage, RefusedMessage } from './channel/frame-reader.ts'
export { TICK_DEFAULTS, TickClock, type TickClockOptions, type TickVerdict } from './channel/tick-clock.ts'
export type {
  AliasSend,
  AltactSigSend,
  ControlMessage,
  DemonitorP,
  Exit,
  Exit2,
  GroupLeader,
  Link,
  MonitorP,
  MonitorPExit,
  RegSend,
  Send,
  SendSender,
  SpawnReply,
  SpawnRequest,
  Traceable,
  UnknownControl,
  Unlink,
  UnlinkId,
  UnlinkIdAck,
} from './control/control-message.ts'
export {
  ALTACT,
  type AnyField,
  type Field,
  type Fields,
  type FixedField,
  type Kinds,
  type ReasonField,
  type TokenField,
  type TupleField,
} from './control/field.ts'
export { type KnownOp, type MessageOf, OPCODE_TABLE, type OpcodeEntry } from './control/opcodes.ts'
export { DIST_ERRORS, DistError, type DistErrorCode, type DistErrorOptions, isDistError } from './error.ts'
export * from './flags.ts'
export {
  type AcceptorDecision,
  AcceptorHandshake,
  type AcceptorOptions,
  type AssignedName,
  resolveSimultaneous,
} from './handshake/acceptor-handshake.ts'
export type { Cookie, CookieSet } from './handshake/cookie.ts'
export { challengeDigest, digestEquals } from './handshake/digest.ts'
export type { HandshakeMachine, HandshakeOutput } from './handshake/handshake-machine.ts'
export {
  type AcceptorMessage,
  type ChallengeAckMessage,
  type ChallengeMessage,
  type ChallengeReplyMessage,
  type ComplementMessage,
  decodeAcceptorMessage,
  decodeInitiatorMessage,
  encodeHandshakeMessage,
  type FixedPart,
  HANDSHAKE_LAYOUTS,
  type HandshakeLayout,
  type HandshakeMessage,
  type HandshakeStatus,
  type InitiatorMessage,
  type LayoutPart,
  type PropertyPart,
  type SendNameMessage,
  type StatusMessage,
  type StatusReplyMessage,
} from './handshake/handshake-message.ts'
export {
  ACCEPTOR_TRANSITIONS,
  type AcceptorEvent,
  type AcceptorState,
  INITIATOR_TRANSITIONS,
  type InitiatorEvent,
  type InitiatorState,
  type Transitions,
} from './handshake/handshake-transitions.ts'
export { InitiatorHandshake, type InitiatorOptions } from './handshake/initiator-handshake.ts'
export type { NodeIdentity } from './node-identity.ts'
export { framePacket, type HeaderBytes, PacketReader, type Placement } from './packet.ts'
