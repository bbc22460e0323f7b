/** Every reason for which a lookup has no answer. Stable: handlers may switch on it. */
export type ResolverErrorCode =
  | 'DNS_BAD_NAME'
  | 'DNS_BAD_OPTION'
  | 'DNS_BAD_RECORD'
  | 'DNS_CLOSED'
  | 'DNS_CNAME_LOOP'
  | 'DNS_FOREIGN_TARGETS'
  | 'DNS_FORMERR'
  | 'DNS_LISTEN_FAILED'
  | 'DNS_MALFORMED'
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

interface CodeFacts {
  readonly retryable: boolean
  readonly hint: string
}

const FACTS: Readonly<Record<ResolverErrorCode, CodeFacts>> = {
  DNS_BAD_NAME: { retryable: false, hint: 'Write a domain name such as my-service.service.consul.' },
  DNS_BAD_OPTION: { retryable: false, hint: 'Correct the option and start again.' },
  DNS_BAD_RECORD: { retryable: false, hint: 'Correct the record.' },
  DNS_CLOSED: { retryable: false, hint: 'Make a new resolver, or close this one later.' },
  DNS_CNAME_LOOP: { retryable: false, hint: 'Correct the CNAME records of the zone.' },
  DNS_FOREIGN_TARGETS: {
    retryable: true,
    hint: 'Allow the suffix of the targets if they are yours; otherwise look at who writes the zone.',
  },
  DNS_FORMERR: { retryable: true, hint: 'The server understands no such question; is it a DNS server for this zone?' },
  DNS_LISTEN_FAILED: { retryable: true, hint: 'Choose another port; those below 1024 need root.' },
  DNS_MALFORMED: { retryable: true, hint: 'Something else than a sound DNS server answers there; check the address.' },
  DNS_NOTIMP: { retryable: false, hint: 'The server does not do such lookups; ask another one.' },
  DNS_REFERRAL: {
    retryable: true,
    hint: 'The server neither holds the zone nor asks further; give the address of one that does.',
  },
  DNS_REFUSED: {
    retryable: true,
    hint: 'The server does not serve this zone or not this client; check the name, the server list and its access rules.',
  },
  DNS_SERVFAIL: {
    retryable: true,
    hint: 'The server could not find out; its own log says why. Members are unchanged.',
  },
  DNS_SERVER_ERROR: { retryable: true, hint: 'The server reports an error of its own; look at its log.' },
  DNS_SOURCE_FAILED: { retryable: true, hint: 'Check that the file or variable exists and can be read.' },
  DNS_TIMEOUT: {
    retryable: true,
    hint: 'Check the address, and that UDP and TCP to it pass the firewall; or raise timeoutMs.',
  },
  DNS_TRUNCATED: { retryable: true, hint: 'Open TCP to the DNS server: the answer does not fit into a UDP datagram.' },
  DNS_UNREACHABLE: {
    retryable: true,
    hint: 'Nothing listens there; check that the server runs, its address and port.',
  },
  DNS_WRONG_SOURCE: { retryable: false, hint: 'Ask a source that serves this name.' },
}

/** What a handler needs beside the code and the text. */
export interface ResolverErrorOptions extends ErrorOptions {
  /** What a person can do about it; a sentence or two. The code's own advice when left out. */
  readonly hint?: string
  /** The server that was asked. */
  readonly server?: string | undefined
  /** Whether a later try may help; the code decides when left out. */
  readonly retryable?: boolean
}

/** A lookup without an answer: `code` and `message` say what happened and why, `hint` what to do. */
export class ResolverError extends Error {
  override readonly name = 'ResolverError'
  readonly code: ResolverErrorCode
  readonly hint: string
  readonly server: string | undefined
  readonly retryable: boolean

  constructor(code: ResolverErrorCode, message: string, options: ResolverErrorOptions = {}) {
    const { hint, server, retryable, ...rest } = options
    super(message, rest)
    this.code = code
    this.hint = hint ?? FACTS[code].hint
    this.server = server
    this.retryable = retryable ?? FACTS[code].retryable
  }
}
