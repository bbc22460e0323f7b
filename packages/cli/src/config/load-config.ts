import { readFileSync, statSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StartOptions } from '@dynsrv/cluster'
import { DynsrvError } from '@dynsrv/cluster'
import { closest, distance } from 'fastest-levenshtein'
import type { z } from 'zod'
import type { DynsrvConfig } from './config-schema.ts'
import { configTopologies } from './config-topologies.ts'
import { findConfig } from './find-config.ts'

/** What a configuration file says, for `start`, and for `dynsrv up`. */
export interface LoadedConfig {
  /** The file that was read. */
  readonly file: string
  readonly start: StartOptions
  readonly http?: string
  readonly minPeers?: number
  readonly page?: boolean
}

/**
 * Reads `dynsrv.config.mjs`, `.js`, `.cjs`, `.json` or, where Node.js reads TypeScript (22.18 and later), `.ts` of the working
 * directory, or the file that is named, and checks it.
 *
 * A module's default export is the configuration, or a function that returns it.
 *
 * @returns undefined when no file was named and there is none
 * @throws {DynsrvError} `DYNSRV_CONFIG` with the key that is wrong, and the nearest known one for an unknown key
 */
export async function loadConfig(
  file?: string,
  { cwd = process.cwd() }: { readonly cwd?: string } = {},
): Promise<LoadedConfig | undefined> {
  const path = findConfig(file, cwd)
  if (path === undefined) return undefined
  const config = await checked(path, await read(path))
  const { $schema: _schema, cookieFile, tls, topologies, http, minPeers, page, ...plain } = config
  const near = (name: string) => resolve(dirname(path), name)
  const start: StartOptions = {
    ...(plain as Omit<StartOptions, 'topologies' | 'tls'>),
    ...(cookieFile !== undefined && { cookieFile: near(cookieFile) }),
    ...(tls !== undefined && { tls: () => tlsOptions(tls, near) }),
    ...(topologies !== undefined && { topologies: configTopologies(path, topologies, config.dns) }),
  }
  return {
    ...{ file: path, start },
    ...(http !== undefined && { http }),
    ...(minPeers !== undefined && { minPeers }),
    ...(page !== undefined && { page }),
  }
}

/** Types a configuration in a module; returns it as it is. */
export function defineConfig(config: DynsrvConfig): DynsrvConfig {
  return config
}

type Checked = z.output<typeof import('./config-schema.ts').configSchema>

/** Read for each dial, so that renewed certificates are used. */
function tlsOptions(
  { certFile, keyFile, caFile, requireClientCertificate }: NonNullable<Checked['tls']>,
  near: (name: string) => string,
) {
  return {
    cert: readFileSync(near(certFile)),
    key: readFileSync(near(keyFile)),
    ...(caFile !== undefined && { ca: readFileSync(near(caFile)) }),
    requestCert: requireClientCertificate,
    rejectUnauthorized: true,
  }
}

async function read(path: string): Promise<unknown> {
  try {
    // A module that is not there would be told in Node's words, which name ours.
    if (statSync(path).isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
    if (extname(path) === '.json') return JSON.parse(readFileSync(path, 'utf8'))
    const { default: exported } = (await import(pathToFileURL(path).href)) as { default?: unknown }
    return typeof exported === 'function' ? await exported() : exported
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new DynsrvError(
        'DYNSRV_CONFIG',
        `${path}: Node.js ${process.versions.node} does not read this kind of file`,
        {
          hint: 'Write it as dynsrv.config.mjs, typed by defineConfig of dynsrv; Node.js 22.18 and later read TypeScript too.',
          cause,
        },
      )
    }
    throw new DynsrvError('DYNSRV_CONFIG', `${path} cannot be read: ${unreadable(path, cause as Error)}`, {
      hint:
        ((cause as NodeJS.ErrnoException).code ?? '') in UNREADABLE ? 'Check the path and who may read it.' : READABLE,
      cause,
    })
  }
}

async function checked(path: string, given: unknown): Promise<Checked> {
  // Only who has a configuration file loads what checks it.
  const { configSchema } = await import('./config-schema.ts')
  const result = configSchema.safeParse(given)
  if (result.success) return result.data
  // A misspelled key first: it may be why another one is missed.
  const issues = result.error.issues.toSorted((a, b) => rank(a) - rank(b))
  const told = issues.slice(0, MAX_ISSUES).map(issueText)
  const more = issues.length > MAX_ISSUES ? [`and ${issues.length - MAX_ISSUES} more`] : []
  throw new DynsrvError('DYNSRV_CONFIG', `${path}: ${[...told, ...more].join('; ')}`, {
    hint: issueHint(issues[0]!, Object.keys(configSchema.shape)),
  })
}

const MAX_ISSUES = 4

function rank({ code }: z.core.$ZodIssue): number {
  return code === 'unrecognized_keys' ? 0 : 1
}

const READABLE =
  'Correct the file; a .json file is JSON without comments, a module exports the configuration as its default.'

const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
}

/** What kept a file from being read, without the words of the system. */
function unreadable(path: string, cause: Error): string {
  const plain = UNREADABLE[(cause as NodeJS.ErrnoException).code ?? '']
  if (plain !== undefined) return plain
  const [, position] = /at position (\d+)/.exec(cause.message) ?? []
  if (position === undefined) return cause.message
  const before = readFileSync(path, 'utf8').slice(0, Number(position)).split('\n')
  return cause.message.replace(/ at position \d+.*$/, ` at line ${before.length}, column ${before.at(-1)!.length + 1}`)
}

function issueText(issue: z.core.$ZodIssue): string {
  const at = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return `${[...issue.path, issue.keys[0]].join('.')} is no setting`
  if (issue.code === 'invalid_union') {
    const forms = issue.errors.flatMap(([first]) =>
      first?.code === 'invalid_type' ? [first.expected === 'array' ? 'a list' : `a ${first.expected}`] : [],
    )
    return `${at}: expected ${[...new Set(forms)].join(' or ')}`
  }
  return at === '' ? issue.message : `${at}: ${issue.message}`
}

function issueHint(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code !== 'unrecognized_keys')
    return 'Correct this setting; dynsrv/config.schema.json describes all of them.'
  const [key = ''] = issue.keys
  if (key === 'cookie') return 'A cookie does not belong into a file that is shared: use cookieFile, or RELEASE_COOKIE.'
  const near = closest(
    key.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  )
  const meant = known.find((name) => name.toLowerCase() === near)
  return distance(key.toLowerCase(), near) > 3 || issue.path.length > 0
    ? `There are: ${known.slice(1).join(', ')}.`
    : `Did you mean ${meant}?`
}
