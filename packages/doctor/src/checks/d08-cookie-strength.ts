import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { type CookieFact, cameAlong, cookieFact } from '../probes/cookie.ts'
import { words } from '../words.ts'

const COOKIE_WEAK = words('DOCTOR_COOKIE_WEAK', {
  happened: 'The cookie can be guessed, or other users can read it.',
  why: 'It is short, a common word, made by Erlang itself, or in a file that others can read.',
  hint: 'Make one with: dynsrv cookie new, and give its file mode 0400.',
})

const MIN_COOKIE_LENGTH = 20

const COMMON = new Set(['secret', 'monster', 'cookie', 'password', 'changeme', 'nocookie', 'test', 'erlang', 'elixir'])

/** D07, the part that needs no peer: a cookie that is missing or cannot be used. */
export function judgeCookieFound({ cookie, source }: CookieFact): Finding[] {
  if (cookie.ok) return []
  const missing = codeOf(cookie.error) === 'DYNSRV_COOKIE_MISSING'
  return [findingOf(cookie.error, 'error', { evidence: missing ? [] : [`looked at: ${source}`] })]
}

/** D08: a cookie that can be guessed. The cookie itself is never shown. */
export function judgeCookieStrength({ cookie, source, ownWords }: CookieFact): Finding[] {
  if (!cookie.ok) return []
  const { value } = cookie
  const why = weakness(value, ownWords)
  if (why === undefined) return []
  return [finding('warning', COOKIE_WEAK, `the cookie ${why}`, { evidence: [`it comes from ${source}`] })]
}

function weakness(cookie: string, ownWords: readonly string[]): string | undefined {
  const came = cameAlong(cookie)
  if (came !== undefined) return `begins or ends with a ${came}, probably by mistake`
  const lower = cookie.toLowerCase()
  if (COMMON.has(lower)) return 'is a word that attackers try first'
  if (ownWords.includes(lower)) return 'is a part of the name of the node or the service'
  if (/^[A-Z]{20}$/.test(cookie)) return 'looks like one that Erlang makes for a single machine'
  if (new Set(cookie).size < 6) return 'has few different characters'
  if (cookie.length < MIN_COOKIE_LENGTH) return `is shorter than ${MIN_COOKIE_LENGTH} characters`
  return undefined
}

export const D08 = check({
  id: 'D08',
  group: 'environment',
  place: 3,
  title: 'the cookie is there and hard to guess',
  words: [COOKIE_WEAK],
  look: (context) => context.get(cookieFact),
  judge: (fact) => [...judgeCookieFound(fact), ...judgeCookieStrength(fact)],
})
