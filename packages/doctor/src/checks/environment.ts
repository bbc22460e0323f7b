import { distance } from 'fastest-levenshtein'
import { type Attempt, codeOf } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { type CookieFact, cameAlong, cookieFact } from '../probes/cookie.ts'
import { ownName, ownPort } from '../probes/own.ts'

const MIN_COOKIE_LENGTH = 20
const COMMON = new Set(['secret', 'monster', 'cookie', 'password', 'changeme', 'nocookie', 'test', 'erlang', 'elixir'])

/** D07, the part that needs no peer: a cookie that is missing or cannot be used. */
export function judgeCookieFound({ cookie, source }: CookieFact): Finding[] {
  if (cookie.ok) return []
  const missing = codeOf(cookie.error) === 'DYNSRV_COOKIE_MISSING'
  return [findingOf(cookie.error, 'error', { evidence: missing ? [] : [`looked at: ${source}`] })]
}

/** D08: a cookie that can be guessed. The cookie itself is never told. */
export function judgeCookieStrength({ cookie, source, ownWords }: CookieFact): Finding[] {
  if (!cookie.ok) return []
  const { value } = cookie
  const why = weakness(value, ownWords)
  if (why === undefined) return []
  return [finding('warning', 'DOCTOR_COOKIE_WEAK', `the cookie ${why}`, { evidence: [`it comes from ${source}`] })]
}

function weakness(cookie: string, ownWords: readonly string[]): string | undefined {
  const came = cameAlong(cookie)
  if (came !== undefined) return `begins or ends with ${came}, which came along by mistake`
  const lower = cookie.toLowerCase()
  if (COMMON.has(lower)) return 'is a word that everybody tries first'
  if (ownWords.includes(lower)) return 'is a part of the name of the node or the service'
  if (/^[A-Z]{20}$/.test(cookie)) return 'looks like one that Erlang made up for a single machine'
  if (new Set(cookie).size < 6) return 'has few different characters'
  if (cookie.length < MIN_COOKIE_LENGTH) return `is shorter than ${MIN_COOKIE_LENGTH} characters`
  return undefined
}

/** What is known of the port before anything listens. */
export interface PortFacts {
  readonly port: Attempt<number> | undefined
  /** Whether this host is to run a member. */
  readonly named: boolean
}

/** D24, the part that needs no peer: ERL_DIST_PORT. */
export function judgePort({ port, named }: PortFacts): Finding[] {
  if (port === undefined) {
    if (!named) return []
    return [finding('error', 'EPMD_DIST_PORT_MISSING', 'ERL_DIST_PORT is not set, and no --port is given')]
  }
  return port.ok ? [] : [findingOf(port.error, 'error')]
}

/** Names that somebody reads. */
const SETTINGS = [
  'DYNSRV_DNS',
  'ERL_AFLAGS',
  'ERL_COMPILER_OPTIONS',
  'ERL_CRASH_DUMP',
  'ERL_CRASH_DUMP_BYTES',
  'ERL_CRASH_DUMP_SECONDS',
  'ERL_DIST_PORT',
  'ERL_EPMD_ADDRESS',
  'ERL_EPMD_PORT',
  'ERL_EPMD_RELAXED_COMMAND_CHECK',
  'ERL_FLAGS',
  'ERL_INETRC',
  'ERL_LIBS',
  'ERL_MAX_ETS_TABLES',
  'ERL_MAX_PORTS',
  'ERL_ROOTDIR',
  'ERL_TOP',
  'ERL_ZFLAGS',
  'RELEASE_BOOT_SCRIPT',
  'RELEASE_BOOT_SCRIPT_CLEAN',
  'RELEASE_COMMAND',
  'RELEASE_COOKIE',
  'RELEASE_DISTRIBUTION',
  'RELEASE_MODE',
  'RELEASE_MUTABLE_DIR',
  'RELEASE_NAME',
  'RELEASE_NODE',
  'RELEASE_PROG',
  'RELEASE_READ_ONLY',
  'RELEASE_REMOTE_VM_ARGS',
  'RELEASE_ROOT',
  'RELEASE_SYS_CONFIG',
  'RELEASE_TMP',
  'RELEASE_VM_ARGS',
  'RELEASE_VSN',
] as const

/** What other libraries and older notes call the same thing. */
const ALIASES: Readonly<Record<string, string>> = {
  DYNSRV_SERVER: 'DYNSRV_DNS',
  ERLANG_COOKIE: 'RELEASE_COOKIE',
  ERL_COOKIE: 'RELEASE_COOKIE',
  ERL_DISTRIBUTION_PORT: 'ERL_DIST_PORT',
  NODE_COOKIE: 'RELEASE_COOKIE',
  RELEASE_NODE_NAME: 'RELEASE_NODE',
}

/** D44: variables whose names nobody reads. Only names are looked at. */
export function judgeSettings(env: Readonly<Record<string, string | undefined>>): Finding[] {
  return Object.keys(env).flatMap((name) => {
    const meant = meantSetting(name)
    // Whoever sets both knows what he does.
    if (meant === undefined || env[meant] !== undefined) return []
    const hint = `Set ${meant} in its place.`
    return [finding('warning', 'DOCTOR_SETTING_UNKNOWN', `nobody reads ${name}; did you mean ${meant}?`, { hint })]
  })
}

function meantSetting(name: string): string | undefined {
  if ((SETTINGS as readonly string[]).includes(name)) return undefined
  const upper = name.toUpperCase()
  const alias = ALIASES[upper] ?? SETTINGS.find((setting) => setting === upper)
  if (alias !== undefined || !/^(ERL|RELEASE|DYNSRV|RELASE|REALEASE)_?/.test(upper)) return alias
  return SETTINGS.find((setting) => distance(setting, upper) <= 2)
}

export const ENVIRONMENT_CHECKS: readonly Check[] = [
  check({
    id: 'D44',
    group: 'environment',
    title: 'settings that somebody reads',
    look: async ({ options }) => options,
    judge: ({ env, configFaults = [] }) => [
      ...configFaults.map((fault) => findingOf(fault, 'error')),
      ...judgeSettings(env),
    ],
  }),
  check({
    id: 'D24',
    group: 'environment',
    title: 'the distribution port',
    look: async (context) => {
      const { name, env } = context.options
      const named = (name ?? env.RELEASE_NODE ?? '') !== ''
      const port = await context.get(ownPort)
      if (!named && port === undefined) throw new NotApplicable('no node is to listen here')
      return { port, named: named && (await context.get(ownName)).parsed.ok }
    },
    judge: judgePort,
  }),
  check({
    id: 'D08',
    group: 'environment',
    title: 'the cookie is there and hard to guess',
    look: (context) => context.get(cookieFact),
    judge: (fact) => [...judgeCookieFound(fact), ...judgeCookieStrength(fact)],
  }),
]
