import { identifier } from '@dynsrv/kit'
import { distance } from 'fastest-levenshtein'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { words } from '../words.ts'

const SETTING_UNKNOWN = words('DOCTOR_SETTING_UNKNOWN', {
  happened: 'A setting has a name that no program reads.',
  why: 'It is misspelled, or belongs to another library.',
  hint: 'Use the name that the message proposes.',
})

/** Names that a program reads. */
const SETTINGS = [
  'DYNSRV_DNS',
  'DYNSRV_PORT_NAME',
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

/** Other libraries' and older names for the same thing. */
const ALIASES: Readonly<Record<string, string>> = {
  DYNSRV_SERVER: 'DYNSRV_DNS',
  ERLANG_COOKIE: 'RELEASE_COOKIE',
  ERL_COOKIE: 'RELEASE_COOKIE',
  ERL_DISTRIBUTION_PORT: 'ERL_DIST_PORT',
  NODE_COOKIE: 'RELEASE_COOKIE',
  RELEASE_NODE_NAME: 'RELEASE_NODE',
}

/** D44: variables whose names no program reads. Only names are looked at. */
export function judgeSettings(env: Readonly<Record<string, string | undefined>>): Finding[] {
  return Object.keys(env).flatMap((name) => {
    const meant = meantSetting(name)
    // A person who sets both knows why.
    if (meant === undefined || env[meant] !== undefined) return []
    const message = `no program reads ${identifier(name)}: did you mean ${meant}?`
    return [finding('warning', SETTING_UNKNOWN, message, { hint: `Set ${meant} instead.` })]
  })
}

function meantSetting(name: string): string | undefined {
  if ((SETTINGS as readonly string[]).includes(name)) return undefined
  const upper = name.toUpperCase()
  const alias = ALIASES[upper] ?? SETTINGS.find((setting) => setting === upper)
  if (alias !== undefined || !/^(ERL|RELEASE|DYNSRV|RELASE|REALEASE)_?/.test(upper)) return alias
  return SETTINGS.find((setting) => distance(setting, upper) <= 2)
}

export const D44 = check({
  id: 'D44',
  group: 'environment',
  place: 1,
  title: 'settings have names that programs read',
  words: [SETTING_UNKNOWN],
  look: async ({ options }) => options,
  judge: ({ env, configFaults = [] }) => [
    ...configFaults.map((fault) => findingOf(fault, 'error')),
    ...judgeSettings(env),
  ],
})
