import { LARGEST_SMALL_CREATION } from '@dynsrv/etf'
import { DistError } from './error.ts'

/** What a node tells of itself in the handshake. */
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
export function isNodeName(text: string): boolean {
  return text.length <= MAX_NAME_BYTES && /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(text)
}

/** Whether a text can be the host part of a node name. */
export function isHostPart(text: string): boolean {
  return text.length < MAX_NAME_BYTES && /^[\x21-\x3f\x41-\x7e]+$/.test(text)
}

/** @throws {DistError} `DIST_BAD_OPTION` unless the value is an unsigned 32-bit integer */
export function checkUnsigned32(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new DistError('DIST_BAD_OPTION', `${what} must be an unsigned 32-bit integer, not ${value}`)
  }
}

/** @throws {DistError} `DIST_BAD_OPTION` when something in it could not be sent */
export function checkIdentity(self: NodeIdentity): void {
  if (!isNodeName(self.name)) {
    throw new DistError('DIST_BAD_OPTION', `own name ${JSON.stringify(self.name)} is no node name`, {
      hint: "A node name is 'alive@host': one '@', both parts, printable ASCII, at most 255 bytes.",
    })
  }
  checkUnsigned32('own creation', self.creation)
  if (self.creation === 0) {
    const first = LARGEST_SMALL_CREATION + 1
    throw new DistError('DIST_BAD_OPTION', `own creation 0 is reserved; use a random number from ${first} on`)
  }
}
