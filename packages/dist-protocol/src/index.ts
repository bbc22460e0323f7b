export {
  type AcceptorDecision,
  AcceptorHandshake,
  type AcceptorOptions,
  type AssignedName,
  resolveSimultaneous,
} from './acceptor-handshake.ts'
export { CHANNEL_LIMITS, Channel, type ChannelLimits, type ChannelOptions, type ChannelOutput } from './channel.ts'
export {
  ALTACT,
  type AliasSend,
  type AltactSigSend,
  type ControlMessage,
  type DemonitorP,
  type Exit,
  type Exit2,
  type GroupLeader,
  type Link,
  type MonitorP,
  type MonitorPExit,
  OPCODE_TABLE,
  type OpcodeEntry,
  type RegSend,
  type Send,
  type SendSender,
  type SpawnReply,
  type SpawnRequest,
  type Traceable,
  type UnknownControl,
  type Unlink,
  type UnlinkId,
  type UnlinkIdAck,
} from './control-message.ts'
export type { Cookie, CookieSet } from './cookie.ts'
export { challengeDigest, digestEquals } from './digest.ts'
export { EncodedTerm } from './encoded-term.ts'
export { DistError, type DistErrorCode, type DistErrorOptions } from './error.ts'
export * from './flags.ts'
export type { FragmentLimits } from './fragment.ts'
export type { IncomingMessage } from './frame-reader.ts'
export type { HandshakeOutput } from './handshake-machine.ts'
export {
  type AcceptorMessage,
  decodeAcceptorMessage,
  decodeInitiatorMessage,
  encodeHandshakeMessage,
  type HandshakeMessage,
  type HandshakeStatus,
  type InitiatorMessage,
} from './handshake-message.ts'
export {
  ACCEPTOR_TRANSITIONS,
  type AcceptorEvent,
  type AcceptorState,
  INITIATOR_TRANSITIONS,
  type InitiatorEvent,
  type InitiatorState,
  type Transitions,
} from './handshake-transitions.ts'
export { InitiatorHandshake, type InitiatorOptions } from './initiator-handshake.ts'
export type { NodeIdentity } from './node-identity.ts'
export { framePacket, type HeaderBytes, PacketReader } from './packet.ts'
export { TickClock, type TickClockOptions, type TickVerdict } from './tick-clock.ts'
