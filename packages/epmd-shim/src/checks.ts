import {
  abortSignal,
  checksOf,
  having,
  hostAddress,
  listOf,
  oneOf,
  optional,
  type Rule,
  rule,
  whole,
} from '@dynsrv/kit'
import type { AddressFamily, CallOptions, LookupOptions } from './epmd-module.ts'
import { EpmdError } from './error.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new EpmdError('EPMD_BAD_OPTION', message, { hint }))

/** A port that can be dialled. */
export const dialablePort: Rule = whole(1, 65_535)
export const epmdModule: Rule = having('startLink', 'listenPortPlease', 'registerNode', 'addressPlease', 'names')

/** A whole node name is no longer. */
const namePart = rule(
  'a part of a node name, a string of 1 to 255 characters',
  (value) => typeof value === 'string' && value.length >= 1 && value.length <= 255,
)
const family = optional(oneOf('inet', 'inet6', 'any'))
const driver = optional(oneOf('inet', 'inet6'))
const checkCall = checks.options<CallOptions>('a call', { signal: abortSignal })
const checkLookup = checks.options<LookupOptions>('addressPlease', {
  signal: abortSignal,
  addresses: listOf(hostAddress),
})

/** What can end a call early, checked. */
export function callOptions(options: CallOptions | undefined): CallOptions {
  if (options === undefined) return {}
  checkCall(options)
  return options
}

/** Checks what a module is asked for its own port. */
export function checkOwnName(alive: string, host: string): void {
  checks.argument('listenPortPlease', 'alive', namePart, alive)
  checks.argument('listenPortPlease', 'host', namePart, host)
}

/** Checks what a module is to register. */
export function checkRegistration(alive: string, port: number, spoken?: 'inet' | 'inet6'): void {
  checks.argument('registerNode', 'alive', namePart, alive)
  checks.argument('registerNode', 'port', dialablePort, port)
  checks.argument('registerNode', 'driver', driver, spoken)
}

/** Checks which node is looked up; gives the options. */
export function checkedLookup(
  alive: string,
  host: string,
  wanted: AddressFamily | undefined,
  options: LookupOptions | undefined,
): LookupOptions {
  checks.argument('addressPlease', 'alive', namePart, alive)
  checks.argument('addressPlease', 'host', namePart, host)
  checks.argument('addressPlease', 'family', family, wanted)
  if (options === undefined) return {}
  checkLookup(options)
  return options
}

/** Checks which host is looked up; gives the options. */
export function checkedHost(host: string, wanted: AddressFamily, options: CallOptions | undefined): CallOptions {
  checks.argument('a host lookup', 'host', namePart, host)
  checks.argument('a host lookup', 'family', oneOf('inet', 'inet6', 'any'), wanted)
  return callOptions(options)
}

/** Checks whose names are asked for; gives the options. */
export function checkedNames(host: string | undefined, options: CallOptions | undefined): CallOptions {
  checks.argument('names', 'host', optional(namePart), host)
  return callOptions(options)
}
