import { Tag } from '@dynsrv/etf'

/** The version byte of the External Term Format, with which most frames begin. */
export const VERSION: number = Tag.VERSION
/** Starts a frame on links without distribution header. */
export const PASS_THROUGH = 112
/** Behind the version byte: a whole message. */
export const HEADER = 68
/** Behind the version byte: the first fragment of a message. */
export const FIRST_FRAGMENT = 69
/** Behind the version byte: a later fragment. */
export const FURTHER_FRAGMENT = 70
/** Version byte, kind, sequence id and fragment id, the ids of 64 bits each. Unit: bytes. */
export const FRAGMENT_PREFIX_BYTES = 18
/** What a fragment carries of the payload, as BEAM cuts it. Unit: bytes. */
export const FRAGMENT_BYTES = 64 * 1024
