import { domainKey, shown, withoutFinalDot } from '@dynsrv/kit'
import { ResolverError } from '../error.ts'

const MAX_NAME = 253
const MAX_LABEL = 63
/** Labels of printable ASCII without a backslash. Most names are found sound at once. */
const SOUND = /^(?:[!-\-/-[\]-~]{1,63}\.)*[!-\-/-[\]-~]{1,63}\.?$/
const FOREIGN_CHARACTERS = 'it has spaces or characters outside ASCII'

/**
 * Checks a domain name as a user gives it and returns it without the final dot, spelling kept.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`
 * @see RFC 1035 §2.3.4 (sizes), RFC 2782 (underscores)
 */
export function checkedName(name: unknown): string {
  const fault = nameFault(name)
  if (fault !== undefined) throw bad(name, fault)
  return withoutFinalDot(name as string)
}

/** What is wrong with a domain name, in words; undefined when nothing is. */
export function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'it is not a string'
  if (name === '') return 'it is empty'
  if (name.length <= MAX_NAME && SOUND.test(name)) return undefined
  if (name === '.') return 'it is the root'
  const bare = withoutFinalDot(name)
  // ASCII is what goes on the wire; anything else has to be converted by a program that knows the language of the name.
  if (!/^[\x21-\x7e]*$/.test(bare)) return FOREIGN_CHARACTERS
  // It would escape what follows: `a\.b` is one label, and another name than a label `a\` before a label `b`.
  if (bare.includes('\\')) return 'it has a backslash'
  return sizeFault(bare)
}

/** What keeps a name without its final dot from going on the wire, whatever its characters are; undefined when nothing does. */
export function sizeFault(bare: string): string | undefined {
  if (bare.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`
  for (const label of bare.split('.')) {
    if (label === '') return 'it has an empty label'
    if (label.length > MAX_LABEL) return `its label ${label} is longer than ${MAX_LABEL} characters`
  }
  return undefined
}

/** Whether `name` is `domain` or lies below it. */
export function isWithin(name: string, domain: string): boolean {
  const [inner, outer] = [domainKey(name), domainKey(domain)]
  return outer === '' || inner === outer || inner.endsWith(`.${outer}`)
}

function bad(name: unknown, why: string): ResolverError {
  const hint = why === FOREIGN_CHARACTERS ? { hint: 'Write an international name in its xn-- form.' } : {}
  return new ResolverError('DNS_BAD_NAME', `${shown(name)} is not a domain name: ${why}`, hint)
}
