import { isIP } from 'node:net'
import { text as anyText, briefly, flag, shown } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { EpmdError } from './error.ts'

declare const brand: unique symbol

/** A checked node name, `alive@host`. Only {@link parseNodeName} and {@link nodeName} make one. */
export type NodeName = string & { readonly [brand]: 'NodeName' }

/** A node name and its two parts. */
export interface ParsedNodeName {
  readonly name: NodeName
  /** The part before the `@`. */
  readonly alive: string
  /** The part behind the `@`: a domain name, a service name or an IP address. */
  readonly host: string
}

/** Which of Erlang's two kinds of name is meant. */
export interface NodeNameOptions {
  /** `true` for `-sname` (no dot in the host); default `false`, for `-name` (a dot, or an IP address). */
  readonly short?: boolean
}

/** An atom holds 255 characters; names are ASCII, so that is bytes as well. */
export const MAX_NODE_NAME_BYTES = 255

const check = checks.options<NodeNameOptions>('parseNodeName', { short: flag })

// What `net_kernel` accepts for a node's own name. The host is wider there (Latin-1), but DNS and other nodes are not.
const ALIVE = /^[0-9A-Za-z_-]+$/
const HOST = /^[!-?A-~]+$/

/**
 * Takes a node name apart and checks it as OTP does before it starts distribution.
 *
 * @throws {EpmdError} `NODE_NAME_NO_AT`, `NODE_NAME_MANY_AT`, `NODE_NAME_EMPTY_PART`, `NODE_NAME_TOO_LONG`,
 *   `NODE_NAME_ILLEGAL_CHARACTER`, `NODE_NAME_SHORT_HOST` (long names need a dot or an IP address) or
 *   `NODE_NAME_LONG_HOST` (short names must not have one), `EPMD_BAD_OPTION` for what is not a string; the hint says
 *   what to write instead
 * @see OTP `net_kernel:create_name/3`
 */
export function parseNodeName(text: string, options?: NodeNameOptions): ParsedNodeName {
  if (typeof text !== 'string') checks.argument('parseNodeName', 'text', anyText, text)
  if (options !== undefined) check(options)
  const [alive = '', host, ...more] = text.split('@')
  if (host === undefined) {
    fail(
      'NODE_NAME_NO_AT',
      text,
      'has no @',
      `Write alive@host, for instance ${briefly(alive) || 'web-1'}@my-service.internal.`,
    )
  }
  if (more.length > 0) fail('NODE_NAME_MANY_AT', text, 'has more than one @', 'Write alive@host, with one @ only.')
  if (alive === '')
    fail('NODE_NAME_EMPTY_PART', text, 'has nothing before the @', `Put a name there: web-1@${briefly(host)}.`)
  if (host === '') {
    fail(
      'NODE_NAME_EMPTY_PART',
      text,
      'has no host behind the @',
      `Put a host there: ${briefly(alive)}@my-service.internal.`,
    )
  }
  if (/^\.|\.\.|\.$/.test(host)) {
    const how = 'Write the host without empty labels: node names are compared as text, so no dot ends them.'
    fail('NODE_NAME_EMPTY_PART', text, 'has an empty label in its host', how)
  }
  checkCharacters(text, alive, host)
  if (text.length > MAX_NODE_NAME_BYTES) {
    const much = `is ${text.length} bytes long, over ${MAX_NODE_NAME_BYTES}`
    fail('NODE_NAME_TOO_LONG', text, much, 'A node name is an atom: shorten the part before the @ or the host.')
  }
  if (options?.short === true) checkShort(text, host)
  else checkLong(text, host)
  return { name: text as NodeName, alive, host }
}

/**
 * Checks a node name and gives it back as a {@link NodeName}.
 *
 * @throws {EpmdError} as {@link parseNodeName}
 */
export function nodeName(text: string, options?: NodeNameOptions): NodeName {
  return parseNodeName(text, options).name
}

function checkCharacters(text: string, alive: string, host: string): void {
  if (!ALIVE.test(alive)) {
    const only = 'Use only the letters A-Z and a-z, digits, _ and - before the @: OTP refuses to start with others.'
    fail('NODE_NAME_ILLEGAL_CHARACTER', text, `has ${illegal(alive, /[^0-9A-Za-z_-]/u)} before the @`, only)
  }
  if (!HOST.test(host)) {
    const only = 'Use ASCII without blanks in the host; write an international domain name in its xn-- form.'
    fail('NODE_NAME_ILLEGAL_CHARACTER', text, `has ${illegal(host, /[^!-~]/u)} in the host`, only)
  }
}

function checkLong(text: string, host: string): void {
  if (host.includes('.') || isIP(host) !== 0) return
  const how = `Give the host a dot, such as ${briefly(host)}.internal, or use its IP address; start Erlang nodes with -name, not -sname.`
  fail('NODE_NAME_SHORT_HOST', text, 'has a short host, but long names (-name) are in use', how)
}

function checkShort(text: string, host: string): void {
  if (!host.includes('.') && isIP(host) === 0) return
  const how = 'Use the host without its domain, or use long names (-name) on every node of the cluster.'
  fail('NODE_NAME_LONG_HOST', text, 'has a long host, but short names (-sname) are in use', how)
}

function illegal(part: string, pattern: RegExp): string {
  return shown(pattern.exec(part)?.[0] ?? part)
}

function fail(code: `NODE_NAME_${string}` & EpmdError['code'], text: string, what: string, hint: string): never {
  throw new EpmdError(code, `node name ${shown(text)} ${what}`, { hint })
}
