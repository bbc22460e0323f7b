import type { ErrorEntry } from '@dynsrv/cluster'
import type { EpmdErrorCode } from '@dynsrv/epmd-shim'

/** Node names, ports and the way from one to the other. */
export const EPMD_ERRORS = {
  NODE_NAME_NO_AT: {
    happened: 'A node name has no @.',
    why: 'Only the part before it was given.',
    remedy: 'Write alive@host, such as api-1@my-service.internal.',
  },
  NODE_NAME_MANY_AT: {
    happened: 'A node name has more than one @.',
    why: 'Two names were put together, often by a script.',
    remedy: 'Write alive@host with one @; look at how RELEASE_NODE is made.',
  },
  NODE_NAME_EMPTY_PART: {
    happened: 'A part of a node name is empty.',
    why: 'A variable in it is not set, or the host has an empty label.',
    remedy: 'Give both parts, and a host without a dot at its ends.',
  },
  NODE_NAME_TOO_LONG: {
    happened: 'A node name is longer than 255 bytes.',
    why: 'It is an atom, and atoms end there.',
    remedy: 'Shorten the part before the @ or the host.',
  },
  NODE_NAME_ILLEGAL_CHARACTER: {
    happened: 'A node name has a character that is not allowed.',
    why: 'Erlang takes letters, digits, _ and - before the @.',
    remedy: 'Rename the node; write international domain names in their xn-- form.',
  },
  NODE_NAME_SHORT_HOST: {
    happened: 'The host of a long name has no dot.',
    why: 'Long names (-name) need a host with a dot or an address.',
    remedy: 'Give the host a dot (api.internal) or use its IP address; start Erlang nodes with -name, not -sname.',
  },
  NODE_NAME_LONG_HOST: {
    happened: 'The host of a short name has a dot.',
    why: 'Short names (-sname) have hosts without a domain.',
    remedy: 'Take the domain away, or use long names on every node of the cluster.',
  },
  EPMD_BAD_OPTION: {
    happened: 'An option of a lookup cannot work.',
    why: 'It has the wrong type or is out of range.',
    remedy: 'Correct what the message names.',
  },
  EPMD_CLOSED: {
    happened: 'A closed epmd client was asked.',
    why: 'close() came before.',
    remedy: 'Make a new one for a new node.',
  },
  EPMD_DIST_PORT_MISSING: {
    happened: 'There is no port to listen on.',
    why: 'ERL_DIST_PORT is not set, and no port is given.',
    remedy: 'Set ERL_DIST_PORT to the port of the SRV record of this node, such as 4370.',
  },
  EPMD_DIST_PORT_NOT_A_NUMBER: {
    happened: 'ERL_DIST_PORT is no number.',
    why: 'It is empty, or a template was not filled in.',
    remedy: 'Set it to a port between 1 and 65535.',
  },
  EPMD_DIST_PORT_OUT_OF_RANGE: {
    happened: 'ERL_DIST_PORT is no port.',
    why: 'Ports end at 65535.',
    remedy: 'Set it to a port between 1 and 65535.',
  },
  EPMD_NOT_FOUND: {
    happened: 'Nobody knows a node of this name.',
    why: 'It has no SRV record, or is not registered with the epmd of its host.',
    remedy: 'Start or register it; the message lists those that are known.',
  },
  EPMD_NO_ADDRESS: {
    happened: 'A node was found, but its host has no address.',
    why: 'The A or AAAA record of the target is missing.',
    remedy: 'Add an address record for the target of the SRV record.',
  },
  EPMD_LOOKUP_FAILED: {
    happened: 'A node could not be looked up.',
    why: 'DNS failed; the cause has its own code.',
    remedy: 'See the cause; the same lookup may work later.',
  },
  EPMD_NAMES_UNKNOWN: {
    happened: 'A lookup cannot list names.',
    why: 'Not every way to find a node knows who else there is.',
    remedy: 'Ask SRV records or an epmd.',
  },
  EPMD_DUPLICATE_NAME: {
    happened: 'epmd refuses the name of this node.',
    why: 'Another node of this machine has it.',
    remedy: 'Stop the other node, or choose another name; epmd -names lists them.',
  },
  EPMD_LISTEN_FAILED: {
    happened: 'The epmd server could not listen.',
    why: 'Another epmd runs there, or the port is taken.',
    remedy: 'Stop it (epmd -kill), or choose another port with ERL_EPMD_PORT.',
  },
  EPMD_MALFORMED_REPLY: {
    happened: 'epmd answered with bytes that make no sense.',
    why: 'Something else listens on its port.',
    remedy: 'Look at what listens on 4369, or at ERL_EPMD_PORT.',
  },
  EPMD_NO_REPLY: {
    happened: 'epmd closed without an answer.',
    why: 'It refuses requests from other machines for this, or is no epmd.',
    remedy: 'Ask the epmd of the same machine, and look at what listens on 4369.',
  },
  EPMD_TIMEOUT: {
    happened: 'epmd did not answer in time.',
    why: 'A firewall drops the packets, or it hangs.',
    remedy: 'Open port 4369, or find nodes without epmd.',
  },
  EPMD_UNREACHABLE: {
    happened: 'No epmd runs on the host.',
    why: 'Nobody listens on port 4369.',
    remedy: 'Start one (epmd -daemon), or find nodes by SRV records, which need none.',
  },
  EPMD_VERSION_UNSUPPORTED: {
    happened: 'A node speaks too old a distribution.',
    why: 'It runs OTP 22 or older.',
    remedy: 'Run it with OTP 25 or later.',
  },
} as const satisfies Readonly<Record<EpmdErrorCode, ErrorEntry>>
