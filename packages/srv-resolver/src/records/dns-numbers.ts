/** Response codes. @see RFC 1035 §4.1.1, RFC 6891 §9 */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const

/** Record types. @see RFC 1035 §3.2.2, RFC 3596, RFC 2782, RFC 6891 */
export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, OPT: 41 } as const

/** The header of a message. @see RFC 1035 §4.1.1 */
export const HEADER_BYTES = 12

/** A TTL with the highest bit set counts as 0. @see RFC 2181 §8 */
export const MAX_TTL_SECONDS = 0x7fff_ffff

/** More aliases than this in a row are a mistake in the zone. */
export const MAX_ALIASES = 16
