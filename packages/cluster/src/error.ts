import { CodedError, type CodedErrorOptions, type ErrorTable, given, isCoded } from '@dynsrv/kit'

/** What can be wrong with what `start` and the command line are given, and with a cluster that does not form. */
export type DynsrvErrorCode =
  | 'DYNSRV_BAD_OPTION'
  | 'DYNSRV_BAD_TERM'
  | 'DYNSRV_NAME_MISSING'
  | 'DYNSRV_SERVICE_MISSING'
  | 'DYNSRV_SERVICE_INVALID'
  | 'DYNSRV_DNS_SERVER_INVALID'
  | 'DYNSRV_PORT_INVALID'
  | 'DYNSRV_LISTEN_FAILED'
  | 'DYNSRV_CONFIG'
  | 'DYNSRV_COOKIE_MISSING'
  | 'DYNSRV_COOKIE_EMPTY'
  | 'DYNSRV_COOKIE_INVALID'
  | 'DYNSRV_COOKIE_FILE'
  | 'DYNSRV_NOT_READY'
  | 'DYNSRV_NO_MEMBER'
  | 'DYNSRV_CLOSED'

/** What each code means: options of `start` and of the command line, cookies, and a cluster that does not form. */
export const DYNSRV_ERRORS: ErrorTable<DynsrvErrorCode> = {
  DYNSRV_BAD_OPTION: {
    happened: 'An option or an argument cannot work.',
    why: 'It is misspelled, has the wrong type, is out of range, or contradicts another one.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  DYNSRV_BAD_TERM: {
    happened: 'A term on the command line cannot be read.',
    why: 'It is not Erlang, Elixir or JSON. The message names the column.',
    hint: 'Correct it, or choose the language with --syntax.',
    category: 'option',
  },
  DYNSRV_CONFIG: {
    happened: 'The configuration file cannot be used.',
    why: 'It cannot be read, or one of its settings is unknown or has a wrong value.',
    hint: 'Correct the setting that the message names. dynsrv/config.schema.json describes all settings.',
    category: 'option',
  },
  DYNSRV_NAME_MISSING: {
    happened: 'This node has no name.',
    why: 'None is given, and RELEASE_NODE is not set.',
    hint: 'Give a name such as api-1@my-service.service.consul.',
    category: 'option',
  },
  DYNSRV_SERVICE_MISSING: {
    happened: 'There is nowhere to look for members.',
    why: 'No service is given.',
    hint: 'Give the DNS name that holds the SRV records, such as my-service.service.consul.',
    category: 'option',
  },
  DYNSRV_SERVICE_INVALID: {
    happened: 'The service is not a DNS name.',
    why: 'It is an address or a node name, or has a character that DNS does not allow.',
    hint: 'Give the DNS name that holds the SRV records, such as my-service.service.consul.',
    category: 'option',
  },
  DYNSRV_DNS_SERVER_INVALID: {
    happened: 'The DNS server is not an IP address.',
    why: 'To find a server by its name, another DNS server would be needed.',
    hint: 'Write it like 127.0.0.1:8600 or [::1]:8600.',
    category: 'option',
  },
  DYNSRV_PORT_INVALID: {
    happened: 'A port is wrong.',
    why: 'It is not a number, or it is over 65535.',
    hint: 'Give a number from 1 to 65535.',
    category: 'option',
  },
  DYNSRV_LISTEN_FAILED: {
    happened: 'A server cannot listen.',
    why: 'Another program has the port, the port needs root, or the address is not of this machine.',
    hint: 'Choose another port or address.',
    category: 'listen',
  },
  DYNSRV_COOKIE_MISSING: {
    happened: 'There is no cookie.',
    why: 'RELEASE_COOKIE is not set, and there is no ~/.erlang.cookie.',
    hint: "Give the cluster's cookie in RELEASE_COOKIE or with --cookie-file FILE. For a new cluster: dynsrv cookie new",
    category: 'option',
  },
  DYNSRV_COOKIE_EMPTY: {
    happened: 'The cookie is empty.',
    why: 'A variable is set to nothing, or a secret was not mounted.',
    hint: 'Every node of a cluster shares one secret. Make one with: dynsrv cookie new',
    category: 'option',
  },
  DYNSRV_COOKIE_INVALID: {
    happened: 'Erlang would not accept the cookie.',
    why: 'It has a character outside printable ASCII, such as a line break, has more than 255 characters, or is not text.',
    hint: 'Use printable ASCII, at most 255 characters, the same as the BEAM nodes.',
    category: 'option',
  },
  DYNSRV_COOKIE_FILE: {
    happened: 'The cookie file cannot be used.',
    why: 'It is missing, is a folder, or others can read it.',
    hint: 'Check the path and its mode: 0400 for ~/.erlang.cookie.',
    category: 'option',
  },
  DYNSRV_NOT_READY: {
    happened: 'Too few peers were connected in time.',
    why: 'The message names each missing peer and why.',
    hint: 'Run dynsrv doctor: it finds the cause.',
    category: 'discovery',
    retryable: true,
  },
  DYNSRV_NO_MEMBER: {
    happened: 'No member of a service can answer.',
    why: 'Discovery names none, none is connected, or all that were asked could not run the call. The message names each and why.',
    hint: 'Check that the process runs on the members, under this name. service.inspect() shows each member.',
    category: 'call',
    retryable: true,
    fault: 'peer',
  },
  DYNSRV_CLOSED: {
    happened: 'The cluster, or the service, is closed.',
    why: 'The program called close() or drain() before, or while something waited.',
    hint: 'Call ready() before close(), and close a service after its last call.',
    category: 'closed',
  },
}

/** Details beside the message. */
export interface DynsrvErrorOptions extends CodedErrorOptions {
  /** See {@link DynsrvError.members}. */
  readonly members?: ReadonlyMap<string, string>
}

/** An error of this package: `code` is stable, the message says what is wrong, `hint` what to do. */
export class DynsrvError extends CodedError<DynsrvErrorCode> {
  override readonly name = 'DynsrvError'
  /** With `DYNSRV_NO_MEMBER`, why each member of the service did not answer, by the name of its node or its pid. */
  readonly members?: ReadonlyMap<string, string>

  constructor(code: DynsrvErrorCode, message: string, options?: DynsrvErrorOptions) {
    super(DYNSRV_ERRORS, code, message, options)
    const { members } = given(options)
    if (members !== undefined) this.members = members
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isDynsrvError(error: unknown): error is DynsrvError {
  return isCoded(error) && Object.hasOwn(DYNSRV_ERRORS, error.code)
}
