import { checksOf, type Fault, having, type Rule, shown, wrong } from '@dynsrv/kit'
import { STRATEGY_ERRORS, StrategyError, type StrategyErrorCode } from './error.ts'
import type { Membership } from './membership.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint, code }) => new StrategyError(codeHere(code), message, { hint }))

function codeHere(code: string | undefined): StrategyErrorCode {
  return code !== undefined && Object.hasOwn(STRATEGY_ERRORS, code)
    ? (code as StrategyErrorCode)
    : 'STRATEGY_BAD_OPTION'
}

/** A host name that can be looked up, refused with a code of its own. */
export const dnsName: Rule = {
  what: 'a DNS name',
  check: (value, at): Fault | undefined => {
    const fault = dnsNameFault(value)
    if (fault === undefined) return undefined
    const { hint } = STRATEGY_ERRORS.STRATEGY_BAD_SERVICE
    return { message: `${at} ${shown(value)} is not a DNS name: ${fault}`, hint, code: 'STRATEGY_BAD_SERVICE' }
  },
}

/** What is wrong with a host name, in words; undefined when nothing is. */
export function dnsNameFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'it is not a string'
  const name = value.replace(/\.+$/, '')
  if (name === '') return 'it is empty'
  if (name.length > 253) return `it has ${name.length} characters, 253 are allowed`
  if (name.includes('://')) return 'it is a URL'
  if (/:\d+$/.test(name)) return 'it has a port'
  if (name.includes('@')) return 'it is a node name'
  for (const label of name.split('.')) {
    if (label === '') return 'it has an empty label'
    if (label.length > 63) return `the label ${shown(label)} has ${label.length} characters, 63 are allowed`
    const foreign = /[^a-z0-9_-]/i.exec(label)
    if (foreign !== null) return `it has the character ${shown(foreign[0])}`
  }
  return undefined
}

/** The refusal of a function of the program that gave a promise where an answer is needed at once. */
export function promised(): StrategyError {
  return new StrategyError('STRATEGY_BAD_OPTION', 'a function that has to answer at once gave a promise', {
    hint: 'Give a function that is not async. Only discover, names and drain may take their time.',
  })
}

/** What a strategy drives. */
export const membershipRule: Rule = {
  what: 'a membership',
  check: (value, at) => {
    const { what, check } = MEMBERSHIP
    if (check(value, at) !== undefined) return wrong(at, what, value)
    const { self } = value as Membership
    return typeof self === 'string' ? undefined : wrong(`${at}.self`, 'a node name', self)
  },
}
const MEMBERSHIP = having('connected', 'connect', 'disconnect', 'on', 'off')

/** The refusal of an option that is wrong only together with another one. */
export function badOption(owner: string, at: string, what: string, value: unknown): StrategyError {
  const { message, hint } = wrong(at, what, value)
  return new StrategyError('STRATEGY_BAD_OPTION', `${owner}: ${message}`, { hint })
}
