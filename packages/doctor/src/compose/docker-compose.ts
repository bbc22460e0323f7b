import type { Programs } from '@dynsrv/kit'
import { fieldsOf } from './compose-yaml.ts'
import type { ComposeSource, Configuration, OwnReading } from './own-reader.ts'
import { unsetMark, withoutMarks } from './variables.ts'

/** What Docker's own Compose says. */
export type ComposeAnswer =
  | { readonly kind: 'configuration'; readonly program: string; readonly configuration: Configuration }
  | { readonly kind: 'failed'; readonly program: string; readonly why: string }
  | { readonly kind: 'absent' }

/** Where Compose is found: as a plugin of `docker`, or alone. */
const PROGRAMS = [
  { program: 'docker', lead: ['compose'] },
  { program: 'docker-compose', lead: [] },
] as const

type Asked = Pick<ComposeSource, 'files' | 'input' | 'env'>

/**
 * Asks `docker compose config` what it makes of the files. It starts nothing and needs no engine.
 *
 * @param programs where it is run; without any it is absent
 * @param own what we read, for the variables that nobody sets
 * @param limit makes the time limit of each call
 */
export async function askCompose(
  programs: Programs | undefined,
  asked: Asked,
  own: OwnReading | undefined,
  limit: () => AbortSignal,
): Promise<ComposeAnswer> {
  const { files, input, env } = asked
  // Without a PATH there is nowhere to look.
  if (programs === undefined || (env.PATH ?? '') === '') return { kind: 'absent' }
  for (const { program, lead } of PROGRAMS) {
    const call = [program, ...lead].join(' ')
    try {
      const version = await programs.run(program, [...lead, 'version', '--short'], { env, signal: limit() })
      // The first version, in Python, prints no JSON.
      if (version.status !== 0 || !/^v?([2-9]|\d\d)\./.test(version.stdout.trim())) continue
      const args = [...lead, ...files.flatMap((file) => ['-f', file]), 'config', '--format', 'json']
      const marked = { ...env, ...placeholders(own) }
      let said = await programs.run(program, args, { env: marked, input, signal: limit() })
      // What stands in for a variable may be no number or port: then without.
      if (said.status !== 0) said = await programs.run(program, args, { env, input, signal: limit() })
      if (said.status !== 0) return { kind: 'failed', program: call, why: reasonIn(said.stderr) }
      const configuration = configurationOf(JSON.parse(said.stdout))
      const known = own === undefined ? configuration : (withMarks(configuration, own.configuration) as Configuration)
      return { kind: 'configuration', program: call, configuration: known }
    } catch (error) {
      const { code, name } = error as { code?: unknown; name?: unknown }
      if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOEXEC') continue
      const late = name === 'AbortError' || name === 'TimeoutError'
      return {
        kind: 'failed',
        program: call,
        why: late ? 'it did not answer in time' : String((error as Error).message),
      }
    }
  }
  return { kind: 'absent' }
}

const PLACEHOLDER = /DYNSRV_UNSET_(\w+?)_DYNSRV_UNSET/g

/** Values that show where a variable stands that nobody sets; not where the file has a default for it. */
function placeholders(own: OwnReading | undefined): Record<string, string> {
  const open = [...(own?.unset ?? [])].filter(([, uses]) => !uses.has('default') && !uses.has('passed'))
  return Object.fromEntries(open.map(([name]) => [name, `DYNSRV_UNSET_${name}_DYNSRV_UNSET`]))
}

function configurationOf(printed: unknown): Configuration {
  const { name, services, networks } = fieldsOf(inside(printed))
  return {
    name: String(name ?? ''),
    services: fieldsOf(services) as Configuration['services'],
    networks: fieldsOf(networks),
  }
}

/** Compose prints a file: a dollar sign that is meant is doubled. */
function inside(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll('$$', '$').replaceAll(PLACEHOLDER, (_whole, name: string) => unsetMark(name))
  }
  if (Array.isArray(value)) return value.map(inside)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]))
}

/** The same with the marks of variables, wherever our reader has the same text but for them. */
function withMarks(said: unknown, own: unknown): unknown {
  if (typeof own === 'string') return (said ?? '') === withoutMarks(own) ? own : said
  if (Array.isArray(said)) return Array.isArray(own) ? said.map((one, at) => withMarks(one, own[at])) : said
  if (typeof said !== 'object' || said === null) return said
  const beside = fieldsOf(own)
  return Object.fromEntries(Object.entries(said).map(([key, one]) => [key, withMarks(one, beside[key])]))
}

/** The first line that is no warning, without the text of a value, which may be a secret. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/level=warning/.test(line))
  return (lines[0] ?? 'it said nothing')
    .replace(/(invalid template|unterminated quoted value|unknown anchor).*$/i, '$1')
    .replace(/(cannot unmarshal \S+) `[^`]*`/g, '$1')
    .trim()
}
