import type { ErrorEntry } from '@dynsrv/cluster'
import type { ResolverErrorCode } from '@dynsrv/srv-resolver'

/** Lookups. A failed one never changes who is a member. What to do is the error's own hint. */
export const DNS_ERRORS = {
  DNS_BAD_NAME: { happened: 'A name cannot be asked for.', why: 'It is no domain name.' },
  DNS_BAD_OPTION: {
    happened: 'An option of a resolver cannot work.',
    why: 'It has the wrong type or is out of range.',
  },
  DNS_BAD_RECORD: { happened: 'A record cannot be served.', why: 'A field is missing, misspelled or out of range.' },
  DNS_CLOSED: { happened: 'A closed resolver was asked.', why: 'close() came before the lookup.' },
  DNS_CNAME_LOOP: { happened: 'Aliases lead in a circle.', why: 'CNAME records of the zone point at each other.' },
  DNS_FOREIGN_TARGETS: {
    happened: 'Records name hosts outside the domain of the service.',
    why: 'Somebody else writes the zone, or a suffix is not allowed yet.',
  },
  DNS_FORMERR: { happened: 'The server does not understand the question.', why: 'It is very old, or no DNS server.' },
  DNS_LISTEN_FAILED: { happened: 'The zone server could not listen.', why: 'The port is taken, or needs root.' },
  DNS_MALFORMED: {
    happened: 'The answer is no sound DNS message.',
    why: 'Something else listens there, or bytes were changed on the way.',
  },
  DNS_NOTIMP: { happened: 'The server does not do such lookups.', why: 'It knows no SRV records.' },
  DNS_REFERRAL: { happened: 'The server sends us to others.', why: 'It neither holds the zone nor asks further.' },
  DNS_REFUSED: { happened: 'The server refuses to answer.', why: 'It does not serve this zone, or not this client.' },
  DNS_SERVFAIL: { happened: 'The server could not find out.', why: 'The registry behind it fails, or has no leader.' },
  DNS_SERVER_ERROR: { happened: 'The server reports an error.', why: 'See its own log.' },
  DNS_SOURCE_FAILED: {
    happened: 'A file or variable with records cannot be read.',
    why: 'It is missing, or nobody may read it.',
  },
  DNS_TIMEOUT: {
    happened: 'The server did not answer in time.',
    why: 'It is down, overloaded, or packets are dropped.',
  },
  DNS_TRUNCATED: {
    happened: 'The answer is cut, and there is no way to the rest.',
    why: 'It is larger than a datagram, and TCP to the server fails.',
  },
  DNS_UNREACHABLE: {
    happened: 'Nobody listens at the address of the server.',
    why: 'The server is stopped, or the address or port is wrong.',
  },
  DNS_WRONG_SOURCE: {
    happened: 'A source was asked for a name that it cannot have.',
    why: 'Two sources are mixed up.',
  },
} as const satisfies Readonly<Record<ResolverErrorCode, Omit<ErrorEntry, 'remedy'>>>
