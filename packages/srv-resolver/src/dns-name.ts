import { ResolverError } from './error.ts'

const MAX_NAME = 253
const MAX_LABEL = 63
/** Labels of printable ASCII; most names are found sound at once. */
const SOUND = /^(?:[!-\-/-~]{1,63}\.)*[!-\-/-~]{1,63}\.?$/
const FOREIGN_CHARACTERS = 'it has spaces or characters outside ASCII'

/**
 * Checks a domain name as a user gives it and returns it without the trailing dot, spelling kept.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`
 * @see RFC 1035 §2.3.4 (sizes), RFC 2782 (underscores)
 */
export function checkedName(name: unknown): string {
  const fault = nameFault(name)
  if (fault !== undefined) throw bad(name, fault)
  return withoutDot(name as string)
}

/** What is wrong with a domain name, in words; undefined when nothing is. */
export function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return 'it is empty'
  if (name.length <= MAX_NAME && SOUND.test(name)) return undefined
  if (name === '.') return 'it is the root'
  const bare = withoutDot(name)
  // ASCII is what goes on the wire; anything else has to be converted by a program that knows the language of the name.
  if (!/^[\x21-\x7e]*$/.test(bare)) return FOREIGN_CHARACTERS
  if (bare.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`
  for (const label of bare.split('.')) {
    if (label === '') return 'it has an empty label'
    if (label.length > MAX_LABEL) return `its label ${label} is longer than ${MAX_LABEL} characters`
  }
  return undefined
}

/** The key under which names are compared: DNS ignores the case of ASCII letters. */
export function nameKey(name: string): string {
  return withoutDot(name).toLowerCase()
}

export function sameName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b)
}

/** Whether `name` is `domain` or lies below it. */
export function isWithin(name: string, domain: string): boolean {
  const [inner, outer] = [nameKey(name), nameKey(domain)]
  return outer === '' || inner === outer || inner.endsWith(`.${outer}`)
}

export function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

function bad(name: unknown, why: string): ResolverError {
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 300)) : String(name)
  const hint = why === FOREIGN_CHARACTERS ? { hint: 'Write an international name in its xn-- form.' } : {}
  return new ResolverError('DNS_BAD_NAME', `${shown} is no domain name: ${why}`, hint)
}
