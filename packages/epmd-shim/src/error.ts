import { CodedError, type CodedErrorOptions, type ErrorTable, isCoded } from '@dynsrv/kit'

/** What can be wrong with a node name, a distribution port, an address lookup or an epmd. */
export type EpmdErrorCode =
  | 'NODE_NAME_NO_AT'
  | 'NODE_NAME_MANY_AT'
  | 'NODE_NAME_EMPTY_PART'
  | 'NODE_NAME_TOO_LONG'
  | 'NODE_NAME_ILLEGAL_CHARACTER'
  | 'NODE_NAME_SHORT_HOST'
  | 'NODE_NAME_LONG_HOST'
  | 'EPMD_BAD_OPTION'
  | 'EPMD_CLOSED'
  | 'EPMD_DIST_PORT_MISSING'
  | 'EPMD_DIST_PORT_NOT_A_NUMBER'
  | 'EPMD_DIST_PORT_OUT_OF_RANGE'
  | 'EPMD_NOT_FOUND'
  | 'EPMD_NO_ADDRESS'
  | 'EPMD_LOOKUP_FAILED'
  | 'EPMD_NAMES_UNKNOWN'
  | 'EPMD_DUPLICATE_NAME'
  | 'EPMD_LISTEN_FAILED'
  | 'EPMD_MALFORMED_REPLY'
  | 'EPMD_NO_REPLY'
  | 'EPMD_TIMEOUT'
  | 'EPMD_UNREACHABLE'
  | 'EPMD_VERSION_UNSUPPORTED'

/** What each code of this package means: node names, ports, and the way from one to the other. */
export const EPMD_ERRORS: ErrorTable<EpmdErrorCode> = {
  NODE_NAME_NO_AT: {
    happened: 'A node name has no @.',
    why: 'It is only the part before the @.',
    hint: 'Write alive@host, such as api-1@my-service.internal.',
    category: 'option',
  },
  NODE_NAME_MANY_AT: {
    happened: 'A node name has more than one @.',
    why: 'A script put two names together.',
    hint: 'Write alive@host with one @. Check how RELEASE_NODE is made.',
    category: 'option',
  },
  NODE_NAME_EMPTY_PART: {
    happened: 'A part of a node name is empty.',
    why: 'A variable in it is not set, or the host has an empty label.',
    hint: 'Give both parts, and a host without a dot at its ends.',
    category: 'option',
  },
  NODE_NAME_TOO_LONG: {
    happened: 'A node name is longer than 255 bytes.',
    why: 'A node name is an atom, and atoms are no longer.',
    hint: 'Shorten the part before the @ or the host.',
    category: 'option',
  },
  NODE_NAME_ILLEGAL_CHARACTER: {
    happened: 'A node name has a character that is not allowed.',
    why: 'Before the @, Erlang takes letters, digits, _ and -.',
    hint: 'Rename the node. Write international domain names in their xn-- form.',
    category: 'option',
  },
  NODE_NAME_SHORT_HOST: {
    happened: 'The host of a long name has no dot.',
    why: 'Long names (-name) need a host with a dot or an IP address.',
    hint: 'Give the host a dot (api.internal) or use its IP address. Start Erlang nodes with -name, not -sname.',
    category: 'option',
  },
  NODE_NAME_LONG_HOST: {
    happened: 'The host of a short name has a dot.',
    why: 'Short names (-sname) have hosts without a domain.',
    hint: 'Remove the domain, or use long names on every node of the cluster.',
    category: 'option',
  },
  EPMD_BAD_OPTION: {
    happened: 'A lookup, a server or a function got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  EPMD_CLOSED: {
    happened: 'A closed epmd client was asked.',
    why: 'The program called close().',
    hint: 'Make a new ErlEpmd for a new node.',
    category: 'closed',
  },
  EPMD_DIST_PORT_MISSING: {
    happened: 'There is no port to listen on.',
    why: 'ERL_DIST_PORT is not set, and listenPort is not given.',
    hint: "Set ERL_DIST_PORT to the port of this node's SRV record, such as 4370, or pass listenPort.",
    category: 'option',
  },
  EPMD_DIST_PORT_NOT_A_NUMBER: {
    happened: 'ERL_DIST_PORT is not a number.',
    why: 'A template was not filled in.',
    hint: "Set ERL_DIST_PORT to the port of this node's SRV record, such as 4370, in digits only.",
    category: 'option',
  },
  EPMD_DIST_PORT_OUT_OF_RANGE: {
    happened: 'ERL_DIST_PORT is not a port.',
    why: 'Ports go from 1 to 65535.',
    hint: "Set ERL_DIST_PORT to the port of this node's SRV record, from 1 to 65535.",
    category: 'option',
  },
  EPMD_NOT_FOUND: {
    happened: 'No source knows a node of this name.',
    why: 'The node has no SRV record, or is not registered with the epmd of its host.',
    hint: 'Start or register the node. The message lists those that are known.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  EPMD_NO_ADDRESS: {
    happened: 'A node was found, but its host has no address.',
    why: 'The A or AAAA record of the target is missing.',
    hint: 'Add an address record for the target of the SRV record.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  EPMD_LOOKUP_FAILED: {
    happened: 'A node could not be looked up.',
    why: 'DNS failed. The cause has its own code.',
    hint: 'Read the cause. The same lookup may work later.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  EPMD_NAMES_UNKNOWN: {
    happened: 'A lookup cannot list names.',
    why: 'Not every way to find a node knows which nodes there are.',
    hint: 'Use a module that keeps a list, such as DynamicSrv or Static.',
    category: 'lookup',
  },
  EPMD_DUPLICATE_NAME: {
    happened: 'epmd refuses the name of this node.',
    why: 'Another node of this machine has it, or it is too long.',
    hint: 'Stop the other node, or start this one under another name. `epmd -names` lists the registered nodes.',
    category: 'listen',
    retryable: true,
  },
  EPMD_LISTEN_FAILED: {
    happened: 'The epmd server cannot listen.',
    why: 'Another epmd runs already, or another program has the port.',
    hint: 'Stop the other epmd (`epmd -kill`), or choose another port and set ERL_EPMD_PORT.',
    category: 'listen',
  },
  EPMD_MALFORMED_REPLY: {
    happened: 'The answer is not one of epmd.',
    why: 'Another kind of server listens on the port of epmd.',
    hint: 'Check what listens on port 4369, and ERL_EPMD_PORT.',
    category: 'lookup',
    fault: 'peer',
  },
  EPMD_NO_REPLY: {
    happened: 'epmd closed the connection without an answer.',
    why: 'It takes such requests from its own machine only, or it is not an epmd.',
    hint: 'Ask the epmd of the same machine, and check what listens on port 4369.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  EPMD_TIMEOUT: {
    happened: 'epmd did not answer in time.',
    why: 'A firewall drops the packets, or epmd hangs.',
    hint: 'Check that epmd listens there, and that firewalls let its port through. Or find nodes without epmd.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  EPMD_UNREACHABLE: {
    happened: 'No epmd listens on the host.',
    why: 'No epmd runs there, or ERL_EPMD_PORT names another port.',
    hint: 'Start one there (`epmd -daemon`), and check ERL_EPMD_PORT and the firewall. SRV records need no epmd.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  EPMD_VERSION_UNSUPPORTED: {
    happened: 'A node speaks an old version of the distribution protocol.',
    why: 'It runs OTP 22 or earlier.',
    hint: 'Run it with OTP 23 or later.',
    category: 'lookup',
    fault: 'peer',
  },
}

/** Details beside the message of an {@link EpmdError}. */
export type EpmdErrorOptions = CodedErrorOptions

/**
 * An error of this package: a stable `code`, a message that says what is wrong and a `hint` that says what to do.
 *
 * `cause` is the resolver's or the socket's own error, where there was one.
 */
export class EpmdError extends CodedError<EpmdErrorCode> {
  override readonly name = 'EpmdError'

  constructor(code: EpmdErrorCode, message: string, options?: EpmdErrorOptions) {
    super(EPMD_ERRORS, code, message, options)
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isEpmdError(error: unknown): error is EpmdError {
  return isCoded(error) && Object.hasOwn(EPMD_ERRORS, error.code)
}
