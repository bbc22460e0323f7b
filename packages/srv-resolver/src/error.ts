import { CodedError, type CodedErrorOptions, type ErrorTable, given, isCoded } from '@dynsrv/kit'

/** Every reason for which a lookup has no answer. Stable: handlers may switch on it. */
export type ResolverErrorCode =
  | 'DNS_BAD_ANSWER'
  | 'DNS_BAD_NAME'
  | 'DNS_BAD_OPTION'
  | 'DNS_BAD_RECORD'
  | 'DNS_CLOSED'
  | 'DNS_CNAME_LOOP'
  | 'DNS_FOREIGN_TARGETS'
  | 'DNS_FORMERR'
  | 'DNS_LISTEN_FAILED'
  | 'DNS_MALFORMED'
  | 'DNS_NO_USABLE_RECORD'
  | 'DNS_NOTIMP'
  | 'DNS_REFERRAL'
  | 'DNS_REFUSED'
  | 'DNS_SERVFAIL'
  | 'DNS_SERVER_ERROR'
  | 'DNS_SOURCE_FAILED'
  | 'DNS_TIMEOUT'
  | 'DNS_TRUNCATED'
  | 'DNS_UNREACHABLE'
  | 'DNS_WRONG_SOURCE'

/** What each code of this package means. A failed lookup never changes who is a member. */
export const DNS_ERRORS: ErrorTable<ResolverErrorCode> = {
  DNS_BAD_ANSWER: {
    happened: 'A resolver gave something that is no answer.',
    why: 'A resolver of your own breaks the contract: it resolved with nothing, or with another shape.',
    hint: 'Resolve with { records, ttlSeconds, server, … }; testContract of @dynsrv/srv-resolver/contract shows what is missing.',
    category: 'lookup',
    retryable: true,
  },
  DNS_BAD_NAME: {
    happened: 'A lookup was asked for something that is not a domain name.',
    why: 'A label is empty or too long, or the name has spaces or characters outside ASCII.',
    hint: 'Write a domain name such as my-service.service.consul.',
    category: 'option',
  },
  DNS_BAD_OPTION: {
    happened: 'A resolver got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  DNS_BAD_RECORD: {
    happened: 'A list, a text or a zone server got a record that cannot be served.',
    why: 'A field is missing, misspelled or out of range.',
    hint: 'Correct the record.',
    category: 'option',
  },
  DNS_CLOSED: {
    happened: 'A closed resolver was asked, or the resolver was closed during the lookup.',
    why: 'The program called close().',
    hint: 'Make a new resolver, or close this one later.',
    category: 'closed',
  },
  DNS_CNAME_LOOP: {
    happened: 'Aliases lead in a circle.',
    why: 'CNAME records of the zone point at each other.',
    hint: 'Correct the CNAME records of the zone.',
    category: 'lookup',
    fault: 'peer',
  },
  DNS_FOREIGN_TARGETS: {
    happened: 'All records name hosts outside the domain of the service.',
    why: 'Somebody else writes the zone, or the suffix of the targets is not allowed yet.',
    hint: 'Allow the suffix if the targets are yours. If they are not, find out who writes the zone.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_FORMERR: {
    happened: 'The server does not understand the question.',
    why: 'It is very old, or it is not a DNS server.',
    hint: 'Check that the address belongs to a DNS server for this zone.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_LISTEN_FAILED: {
    happened: 'The zone server cannot listen.',
    why: 'Another program has the port, or the port needs root.',
    hint: 'Choose another port. Ports below 1024 need root.',
    category: 'listen',
    retryable: true,
  },
  DNS_MALFORMED: {
    happened: 'The answer is not a valid DNS message.',
    why: 'Another kind of server listens there, or something on the way changed the bytes.',
    hint: 'Check the address: it must be that of a DNS server.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_NO_USABLE_RECORD: {
    happened: 'A name has records, and none of them can be used.',
    why: 'Each has a port that nobody can dial, a target that is not a domain name, or another wrong field.',
    hint: 'Correct the records where they are registered.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_NOTIMP: {
    happened: 'The server does not support this kind of lookup.',
    why: 'It does not know SRV records.',
    hint: 'Ask another server.',
    category: 'lookup',
    fault: 'peer',
  },
  DNS_REFERRAL: {
    happened: 'Instead of an answer the server names other servers.',
    why: 'It does not hold the zone and does not ask others.',
    hint: 'Give the address of a server that holds the zone, or of one that asks others.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_REFUSED: {
    happened: 'The server refuses to answer.',
    why: 'It does not serve this zone, or it does not serve this client.',
    hint: 'Check the name, the list of servers, and the access rules of the server.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_SERVFAIL: {
    happened: 'The server could not find the answer.',
    why: 'The registry behind it fails or has no leader.',
    hint: 'Read the log of the server. The members stay as they are.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_SERVER_ERROR: {
    happened: 'The server reports an error of its own.',
    why: 'Its log says why.',
    hint: 'Read the log of the server.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_SOURCE_FAILED: {
    happened: 'A file or a variable with records cannot be read.',
    why: 'It does not exist, or this process may not read it.',
    hint: 'Check that the file or the variable exists and that this process may read it.',
    category: 'lookup',
    retryable: true,
  },
  DNS_TIMEOUT: {
    happened: 'The server did not answer in time.',
    why: 'It is down or overloaded, or a firewall drops the packets.',
    hint: 'Check the address, and that UDP and TCP to it pass the firewall. Or raise timeoutMs.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_TRUNCATED: {
    happened: 'The server cut the answer, and the rest did not come.',
    why: 'The answer is larger than a datagram, and TCP to the server fails.',
    hint: 'Open TCP to the DNS server: the answer does not fit into a UDP datagram.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_UNREACHABLE: {
    happened: 'No server listens at the address.',
    why: 'The server is stopped, or the address or the port is wrong.',
    hint: 'Check that the server runs, and its address and port.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  DNS_WRONG_SOURCE: {
    happened: 'A source was asked for a name that it cannot have.',
    why: 'The name belongs to another source.',
    hint: 'Ask a source that serves this name.',
    category: 'lookup',
  },
}

/** What a handler needs beside the code and the message. */
export interface ResolverErrorOptions extends CodedErrorOptions {
  /** The server that was asked. */
  readonly server?: string | undefined
}

/** A lookup without an answer: `code` and `message` say what happened and why, `hint` what to do. */
export class ResolverError extends CodedError<ResolverErrorCode> {
  override readonly name = 'ResolverError'
  /** The server that was asked. */
  readonly server: string | undefined

  constructor(code: ResolverErrorCode, message: string, options?: ResolverErrorOptions) {
    super(DNS_ERRORS, code, message, options)
    this.server = given(options).server
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isResolverError(error: unknown): error is ResolverError {
  return isCoded(error) && Object.hasOwn(DNS_ERRORS, error.code)
}
