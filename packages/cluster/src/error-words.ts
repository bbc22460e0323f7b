import type { DynsrvErrorCode } from './error.ts'
import type { ErrorEntry } from './error-entry.ts'

/** What `start` and the command line are given, and a cluster that does not form. */
export const DYNSRV_ERRORS = {
  DYNSRV_BAD_OPTION: {
    happened: 'An option or argument cannot work.',
    why: 'It is misspelled, out of range, or contradicts another one.',
    remedy: 'Correct what the message names.',
  },
  DYNSRV_BAD_TERM: {
    happened: 'A term on the command line cannot be read.',
    why: 'It is not written as Erlang, Elixir or JSON; the message tells the column.',
    remedy: 'Correct it, or choose the language with --syntax.',
  },
  DYNSRV_CONFIG: {
    happened: 'The configuration file cannot be used.',
    why: 'It cannot be read, or a setting in it is unknown or has a value that cannot be.',
    remedy: 'Correct the setting that the message names; dynsrv/config.schema.json describes all of them.',
  },
  DYNSRV_NAME_MISSING: {
    happened: 'This node has no name.',
    why: 'None is given, and RELEASE_NODE is not set.',
    remedy: 'Give a name such as api-1@my-service.service.consul.',
  },
  DYNSRV_SERVICE_MISSING: {
    happened: 'There is nowhere to look for members.',
    why: 'No service is given.',
    remedy: 'Give the DNS name that holds the SRV records, such as my-service.service.consul.',
  },
  DYNSRV_SERVICE_INVALID: {
    happened: 'The service is no DNS name.',
    why: 'It is an address, a node name, or has a character that DNS does not allow.',
    remedy: 'Give the DNS name that holds the SRV records, such as my-service.service.consul.',
  },
  DYNSRV_DNS_SERVER_INVALID: {
    happened: 'The DNS server is no address.',
    why: 'A name would need a DNS server to be found.',
    remedy: 'Write it like 127.0.0.1:8600 or [::1]:8600.',
  },
  DYNSRV_PORT_INVALID: {
    happened: 'A port is no port.',
    why: 'It is no number, or over 65535.',
    remedy: 'Give a number between 1 and 65535.',
  },
  DYNSRV_LISTEN_FAILED: {
    happened: 'A command could not listen.',
    why: 'The port is taken, needs root, or the address is not of this machine.',
    remedy: 'Choose another port or address.',
  },
  DYNSRV_COOKIE_MISSING: {
    happened: 'There is no cookie.',
    why: 'RELEASE_COOKIE is not set, and there is no ~/.erlang.cookie.',
    remedy: "Give the cluster's cookie in RELEASE_COOKIE or with --cookie-file FILE.",
  },
  DYNSRV_COOKIE_EMPTY: {
    happened: 'The cookie is empty.',
    why: 'A variable is set to nothing, or a secret was not mounted.',
    remedy: 'Make one with: dynsrv cookie new, and give it to every node.',
  },
  DYNSRV_COOKIE_INVALID: {
    happened: 'The cookie has a character that Erlang does not take, or is too long.',
    why: 'A line break, a tab or a quotation mark came along.',
    remedy: 'Use printable ASCII, at most 255 characters, the same as the BEAM nodes.',
  },
  DYNSRV_COOKIE_FILE: {
    happened: 'The cookie file cannot be used.',
    why: 'It is missing, is a folder, or others can read it.',
    remedy: 'Check the path and its mode: 0400 for ~/.erlang.cookie.',
  },
  DYNSRV_DEREGISTERED: {
    happened: 'Nobody is dialled, because our own record was taken away.',
    why: 'Whoever takes it away wants this node to leave.',
    remedy: 'Put the record back, or let this node leave.',
  },
  DYNSRV_NOT_READY: {
    happened: 'Too few peers were connected in time.',
    why: 'The message names each missing peer and why.',
    remedy: 'Run dynsrv doctor: it finds the cause.',
  },
  DYNSRV_CLOSED: {
    happened: 'The cluster was closed while something waited for it.',
    why: 'close() came before.',
    remedy: 'Call ready() before close().',
  },
} as const satisfies Readonly<Record<DynsrvErrorCode, ErrorEntry>>
