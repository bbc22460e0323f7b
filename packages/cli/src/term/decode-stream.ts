import {
  Channel,
  type ControlMessage,
  DFLAG_DIST_HDR_ATOM_CACHE,
  DFLAG_FRAGMENTS,
  decodeAcceptorMessage,
  decodeInitiatorMessage,
  type EncodedTerm,
  type HandshakeMessage,
  HIDDEN_FLAGS,
  type RefusedMessage,
} from '@dynsrv/dist-protocol'

/** One packet of one direction of a captured link. */
export interface StreamPacket {
  /** Where its length prefix stands. Unit: bytes. */
  readonly offset: number
  /** With the prefix. Unit: bytes. */
  readonly bytes: number
  readonly what:
    | { readonly type: 'handshake'; readonly message: HandshakeMessage }
    | { readonly type: 'message'; readonly control: ControlMessage; readonly payload?: EncodedTerm }
    | { readonly type: 'tick' }
    /** A part of a message that is not whole yet. */
    | { readonly type: 'fragment' }
    | RefusedMessage
    | { readonly type: 'failed'; readonly error: unknown }
    /** The capture ends within the packet. */
    | { readonly type: 'cut' }
}

const PASS_THROUGH = 112
const NODE = { name: 'capture@localhost', flags: HIDDEN_FLAGS, creation: 4 }

/**
 * Takes one direction of a captured link apart, packet by packet: the handshake, if it begins with one, then frames.
 *
 * @see OTP `erl_dist_protocol`
 */
export function* decodeStream(stream: Uint8Array): Generator<StreamPacket> {
  let offset = 0
  // Frames have four bytes of length, so that a short one begins with two zeros; no handshake packet is empty.
  let shaking = stream[0] !== 0 || stream[1] !== 0
  const initiator = stream[2] !== 's'.charCodeAt(0)
  let channel: Channel | undefined
  while (offset < stream.length) {
    const prefix = shaking ? 2 : 4
    const length = shaking ? u16(stream, offset) : u16(stream, offset) * 65_536 + u16(stream, offset + 2)
    const end = offset + prefix + length
    if (offset + prefix > stream.length || end > stream.length) {
      yield { offset, bytes: stream.length - offset, what: { type: 'cut' } }
      return
    }
    const packet = stream.subarray(offset, end)
    const at = { offset, bytes: packet.length }
    offset = end
    if (shaking) {
      const body = packet.subarray(prefix)
      try {
        const message = initiator ? decodeInitiatorMessage(body) : decodeAcceptorMessage(body)
        yield { ...at, what: { type: 'handshake', message } }
        shaking = message.kind !== 'challengeReply' && message.kind !== 'challengeAck'
      } catch (error) {
        yield { ...at, what: { type: 'failed', error } }
        return
      }
      continue
    }
    if (length === 0) {
      yield { ...at, what: { type: 'tick' } }
      continue
    }
    channel ??= new Channel({ self: NODE, peer: NODE, flags: flagsOf(packet[prefix]!), checkSenders: false })
    const [output] = channel.receive(packet)
    yield { ...at, what: output ?? { type: 'fragment' } }
    if (output?.type === 'failed') return
  }
}

/** Which framing was agreed on shows in the first byte of the first frame. */
function flagsOf(first: number): bigint {
  return first === PASS_THROUGH ? HIDDEN_FLAGS & ~(DFLAG_DIST_HDR_ATOM_CACHE | DFLAG_FRAGMENTS) : HIDDEN_FLAGS
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
}
