export {
  CHANNEL_LIMITS,
  Channel,
  type ChannelLimits,
  type ChannelOptions,
  type ChannelOutput,
} from './channel/channel.ts'
export { EncodedTerm } from './channel/encoded-term.ts'
export type { FragmentLimits } from './channel/fragment.ts'
export type { IncomingMessage } from './channel/frame-reader.ts'
export { TickClock, type TickClockOptions, type TickVerdict } from './channel/tick-clock.ts'
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
} from './control/control-message.ts'
export { DistError, type DistErrorCode, type DistErrorOptions } from './error.ts'
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
export type { HandshakeOutput } from './handshake/handshake-machine.ts'
export {
  type AcceptorMessage,
  decodeAcceptorMessage,
  decodeInitiatorMessage,
  encodeHandshakeMessage,
  type HandshakeMessage,
  type HandshakeStatus,
  type InitiatorMessage,
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
export { framePacket, type HeaderBytes, PacketReader } from './packet.ts'
