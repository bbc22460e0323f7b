import { oneOf, type Rule } from '@dynsrv/kit'
import { checks, flagsRule, isFlags } from './checks.ts'

/** Visible node: takes part in `global` and in the full mesh. */
export const DFLAG_PUBLISHED = 1n << 0n
/** Obsolete, stays clear. */
export const DFLAG_ATOM_CACHE = 1n << 1n
/** References of more than one word. */
export const DFLAG_EXTENDED_REFERENCES = 1n << 2n
/** Monitors of processes; useless without {@link DFLAG_DIST_MONITOR_NAME}. */
export const DFLAG_DIST_MONITOR = 1n << 3n
/** Decodes the old fun tags. */
export const DFLAG_FUN_TAGS = 1n << 4n
/** Monitors of registered names; useless without {@link DFLAG_DIST_MONITOR}. */
export const DFLAG_DIST_MONITOR_NAME = 1n << 5n
/** Obsolete, stays clear. */
export const DFLAG_HIDDEN_ATOM_CACHE = 1n << 6n
/** Decodes NEW_FUN_EXT. */
export const DFLAG_NEW_FUN_TAGS = 1n << 7n
/** Pids and ports with wide ids. */
export const DFLAG_EXTENDED_PIDS_PORTS = 1n << 8n
/** Decodes EXPORT_EXT. */
export const DFLAG_EXPORT_PTR_TAG = 1n << 9n
/** Decodes BIT_BINARY_EXT. */
export const DFLAG_BIT_BINARIES = 1n << 10n
/** Decodes NEW_FLOAT_EXT. */
export const DFLAG_NEW_FLOATS = 1n << 11n
/** I/O requests carry their encoding. */
export const DFLAG_UNICODE_IO = 1n << 12n
/** Distribution header with atom cache in place of pass-through frames. */
export const DFLAG_DIST_HDR_ATOM_CACHE = 1n << 13n
/** Decodes the short atom tags. */
export const DFLAG_SMALL_ATOM_TAGS = 1n << 14n
/** Atoms are UTF-8. */
export const DFLAG_UTF8_ATOMS = 1n << 16n
/** Decodes MAP_EXT. */
export const DFLAG_MAP_TAG = 1n << 17n
/** 32-bit creations. */
export const DFLAG_BIG_CREATION = 1n << 18n
/** SEND_SENDER in place of SEND. */
export const DFLAG_SEND_SENDER = 1n << 19n
/** Any term as label of a sequential trace. */
export const DFLAG_BIG_SEQTRACE_LABELS = 1n << 20n
/** Exit reasons travel as payload. */
export const DFLAG_EXIT_PAYLOAD = 1n << 22n
/** Reassembles fragments; forces distribution headers. */
export const DFLAG_FRAGMENTS = 1n << 23n
/** The `N` messages of handshake version 6. */
export const DFLAG_HANDSHAKE_23 = 1n << 24n
/** Unlinks carry an id and are acknowledged. */
export const DFLAG_UNLINK_ID = 1n << 25n
/** Shorthand for all that OTP 25 requires. The documentation prints bit 36; what nodes send and test is bit 26. */
export const DFLAG_MANDATORY_25_DIGEST = 1n << 26n
/** Answers SPAWN_REQUEST. */
export const DFLAG_SPAWN = 1n << 32n
/** Asks the acceptor for a node name; echoed by it. */
export const DFLAG_NAME_ME = 1n << 33n
/** Ports of 64 bits, full 32-bit pid numbers, references of up to five words. */
export const DFLAG_V4_NC = 1n << 34n
/** ALIAS_SEND. */
export const DFLAG_ALIAS = 1n << 35n
/** Inside `term_to_binary` only, never on the wire. */
export const DFLAG_LOCAL_EXT = 1n << 36n
/** ALTACT_SIG_SEND: priority signals and messages to aliases (OTP 28). */
export const DFLAG_ALTACT_SIG = 1n << 37n
/** Decodes RECORD_EXT (OTP 29). */
export const DFLAG_NATIVE_RECORDS = 1n << 38n

/** One capability bit as the documentation and the error texts show it. */
export interface FlagEntry {
  readonly name: string
  readonly flag: bigint
  /** The OTP release that came with it; `old` for all before 16. */
  readonly since: number | 'old'
  /** The first OTP release that refuses peers without it. */
  readonly mandatorySince?: number
}

/** Every known capability bit, lowest first. */
export const FLAG_TABLE: readonly FlagEntry[] = [
  { name: 'PUBLISHED', flag: DFLAG_PUBLISHED, since: 'old' },
  { name: 'ATOM_CACHE', flag: DFLAG_ATOM_CACHE, since: 'old' },
  { name: 'EXTENDED_REFERENCES', flag: DFLAG_EXTENDED_REFERENCES, since: 'old', mandatorySince: 23 },
  { name: 'DIST_MONITOR', flag: DFLAG_DIST_MONITOR, since: 'old' },
  { name: 'FUN_TAGS', flag: DFLAG_FUN_TAGS, since: 'old', mandatorySince: 25 },
  { name: 'DIST_MONITOR_NAME', flag: DFLAG_DIST_MONITOR_NAME, since: 'old' },
  { name: 'HIDDEN_ATOM_CACHE', flag: DFLAG_HIDDEN_ATOM_CACHE, since: 'old' },
  { name: 'NEW_FUN_TAGS', flag: DFLAG_NEW_FUN_TAGS, since: 'old', mandatorySince: 23 },
  { name: 'EXTENDED_PIDS_PORTS', flag: DFLAG_EXTENDED_PIDS_PORTS, since: 'old', mandatorySince: 23 },
  { name: 'EXPORT_PTR_TAG', flag: DFLAG_EXPORT_PTR_TAG, since: 'old', mandatorySince: 25 },
  { name: 'BIT_BINARIES', flag: DFLAG_BIT_BINARIES, since: 'old', mandatorySince: 25 },
  { name: 'NEW_FLOATS', flag: DFLAG_NEW_FLOATS, since: 'old', mandatorySince: 25 },
  { name: 'UNICODE_IO', flag: DFLAG_UNICODE_IO, since: 'old' },
  { name: 'DIST_HDR_ATOM_CACHE', flag: DFLAG_DIST_HDR_ATOM_CACHE, since: 'old' },
  { name: 'SMALL_ATOM_TAGS', flag: DFLAG_SMALL_ATOM_TAGS, since: 'old' },
  { name: 'UTF8_ATOMS', flag: DFLAG_UTF8_ATOMS, since: 16, mandatorySince: 23 },
  { name: 'MAP_TAG', flag: DFLAG_MAP_TAG, since: 17, mandatorySince: 25 },
  { name: 'BIG_CREATION', flag: DFLAG_BIG_CREATION, since: 19, mandatorySince: 23 },
  { name: 'SEND_SENDER', flag: DFLAG_SEND_SENDER, since: 21 },
  { name: 'BIG_SEQTRACE_LABELS', flag: DFLAG_BIG_SEQTRACE_LABELS, since: 21 },
  { name: 'EXIT_PAYLOAD', flag: DFLAG_EXIT_PAYLOAD, since: 22 },
  { name: 'FRAGMENTS', flag: DFLAG_FRAGMENTS, since: 22 },
  { name: 'HANDSHAKE_23', flag: DFLAG_HANDSHAKE_23, since: 23, mandatorySince: 25 },
  { name: 'UNLINK_ID', flag: DFLAG_UNLINK_ID, since: 23, mandatorySince: 26 },
  { name: 'MANDATORY_25_DIGEST', flag: DFLAG_MANDATORY_25_DIGEST, since: 24 },
  { name: 'SPAWN', flag: DFLAG_SPAWN, since: 23 },
  { name: 'NAME_ME', flag: DFLAG_NAME_ME, since: 23 },
  { name: 'V4_NC', flag: DFLAG_V4_NC, since: 24, mandatorySince: 26 },
  { name: 'ALIAS', flag: DFLAG_ALIAS, since: 24 },
  { name: 'LOCAL_EXT', flag: DFLAG_LOCAL_EXT, since: 26 },
  { name: 'ALTACT_SIG', flag: DFLAG_ALTACT_SIG, since: 28 },
  { name: 'NATIVE_RECORDS', flag: DFLAG_NATIVE_RECORDS, since: 29 },
]

function mandatoryIn(release: number): bigint {
  return FLAG_TABLE.reduce(
    (all, { flag, mandatorySince = Infinity }) => (mandatorySince <= release ? all | flag : all),
    0n,
  )
}

/** The releases whose requirements are known. */
export type OtpRelease = 23 | 24 | 25 | 26 | 27 | 28 | 29

/** What a node of each OTP release requires of its peers, in both directions. */
export const MANDATORY_FLAGS: Readonly<Record<OtpRelease, bigint>> = {
  23: mandatoryIn(23),
  24: mandatoryIn(24),
  25: mandatoryIn(25),
  26: mandatoryIn(26),
  27: mandatoryIn(27),
  28: mandatoryIn(28),
  29: mandatoryIn(29),
}

/** What we require: all that OTP 25 requires, which every node since OTP 23 announces. */
export const REQUIRED_RELEASE: OtpRelease = 25

/**
 * What a hidden node of this library announces: what a hidden node of OTP 25 to 27 does, and ALTACT_SIG of OTP 28, without
 * which exits and priority messages to aliases are lost.
 *
 * Every mandatory bit is there by itself: OTP 26 and later refuse the shorthand bit 26 alone.
 */
export const HIDDEN_FLAGS =
  MANDATORY_FLAGS[29] |
  DFLAG_MANDATORY_25_DIGEST |
  DFLAG_DIST_MONITOR |
  DFLAG_DIST_MONITOR_NAME |
  DFLAG_SMALL_ATOM_TAGS |
  DFLAG_UNICODE_IO |
  DFLAG_SEND_SENDER |
  DFLAG_EXIT_PAYLOAD |
  DFLAG_BIG_SEQTRACE_LABELS |
  DFLAG_ALIAS |
  DFLAG_ALTACT_SIG |
  DFLAG_SPAWN |
  DFLAG_DIST_HDR_ATOM_CACHE |
  DFLAG_FRAGMENTS

/** What a visible node announces: it must also answer `global` and join the mesh. */
export const VISIBLE_FLAGS = HIDDEN_FLAGS | DFLAG_PUBLISHED

const KNOWN_FLAGS = FLAG_TABLE.reduce((all, { flag }) => all | flag, 0n)

const otpRelease: Rule = oneOf(...Object.keys(MANDATORY_FLAGS).map(Number))

function checkFlags(owner: string, flags: bigint): void {
  if (!isFlags(flags)) checks.argument(owner, 'flags', flagsRule, flags)
}

/** Flags with the shorthand bit 26 replaced by what it stands for, and without bits nobody knows. */
export function expandFlags(flags: bigint): bigint {
  checkFlags('expandFlags', flags)
  const known = flags & KNOWN_FLAGS
  return (known & DFLAG_MANDATORY_25_DIGEST) === 0n ? known : known | MANDATORY_FLAGS[25]
}

/** The names of the set bits, lowest first; unknown bits as `bit 45`. */
export function flagNames(flags: bigint): string[] {
  checkFlags('flagNames', flags)
  const names = FLAG_TABLE.filter(({ flag }) => (flags & flag) !== 0n).map(({ name }) => name)
  const unknown = (flags & ~KNOWN_FLAGS).toString(2)
  for (let bit = 0; bit < unknown.length; bit++) if (unknown[unknown.length - 1 - bit] === '1') names.push(`bit ${bit}`)
  return names
}

/**
 * The names of the flags that a peer lacks to be accepted.
 *
 * @param theirs what the peer announced
 * @param release whose requirements to hold it against; ours when left out
 */
export function missingFlags(theirs: bigint, release: OtpRelease = REQUIRED_RELEASE): string[] {
  checkFlags('missingFlags', theirs)
  checks.argument('missingFlags', 'release', otpRelease, release)
  return flagNames(MANDATORY_FLAGS[release] & ~expandFlags(theirs))
}

/** The releases that would refuse a node with these flags, with what each misses. */
export function refusals(flags: bigint): { release: OtpRelease; missing: string[] }[] {
  checkFlags('refusals', flags)
  return (Object.keys(MANDATORY_FLAGS).map(Number) as OtpRelease[])
    .map((release) => ({ release, missing: flagNames(MANDATORY_FLAGS[release] & ~expandForRefusal(flags, release)) }))
    .filter(({ missing }) => missing.length > 0)
}

/** OTP 23 does not know the shorthand. */
function expandForRefusal(flags: bigint, release: OtpRelease): bigint {
  return release === 23 ? flags : expandFlags(flags)
}
