import { ResolverError } from './error.ts'

const MAX_NAME = 253
const MAX_LABEL = 63

/**
 * Checks a domain name as a user gives it and returns it without the trailing dot, spelling kept.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`
 * @see RFC 1035 §2.3.4 (sizes), RFC 2782 (underscores)
 */
export function checkedName(name: unknown): string {
  if (typeof name !== 'string' || name === '') throw bad(name, 'it is empty')
  if (name === '.') throw bad(name, 'it is the root')
  const bare = withoutDot(name)
  // ASCII is what goes on the wire; anything else has to be converted by who knows the language of the name.
  if (!/^[\x21-\x7e]*$/.test(bare)) {
    throw bad(name, 'it has spaces or characters outside ASCII', 'Write an international name in its xn-- form.')
  }
  if (bare.length > MAX_NAME) throw bad(name, `it is longer than ${MAX_NAME} characters`)
  for (const label of bare.split('.')) {
    if (label === '') throw bad(name, 'it has an empty label')
    if (label.length > MAX_LABEL) throw bad(name, `its label ${label} is longer than ${MAX_LABEL} characters`)
  }
  return bare
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

function bad(name: unknown, why: string, hint?: string): ResolverError {
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 300)) : String(name)
  return new ResolverError('DNS_BAD_NAME', `${shown} is no domain name: ${why}`, hint === undefined ? {} : { hint })
}
