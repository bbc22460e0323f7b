/** What a node says about itself in the handshake. */
export interface NodeIdentity {
  /** The full name, `alive@host`. */
  readonly name: string
  /** The capability flags that it announces. */
  readonly flags: bigint
  /** Its incarnation, an unsigned 32-bit number; 0 while it is not known (or not given yet). */
  readonly creation: number
}

/** The longest node name. Unit: bytes. */
export const MAX_NAME_BYTES = 255

/** Whether a text is a node name: one `@`, both parts, printable ASCII, at most 255 bytes. */
export function isNodeName(text: unknown): text is string {
  if (typeof text !== 'string') return false
  return text.length <= MAX_NAME_BYTES && /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(text)
}

/** Whether a text can be the host part of a node name. */
export function isHostPart(text: unknown): text is string {
  if (typeof text !== 'string') return false
  return text.length < MAX_NAME_BYTES && /^[\x21-\x3f\x41-\x7e]+$/.test(text)
}
