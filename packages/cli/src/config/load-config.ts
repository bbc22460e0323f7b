// biome-ignore lint/plugin: the file may be code, which the module loader reads from the real disk; certificates are read during a dial
import { readFileSync, statSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StartOptions } from '@dynsrv/cluster'
import { DynsrvError, isDynsrvError } from '@dynsrv/cluster'
import { checksOf, codeOf, filledText, messageOf, nearest, optional, within } from '@dynsrv/kit'
import { clock, system } from '../world.ts'
import { type ConfigTls, type DynsrvConfig, rulesOf, SETTINGS } from './config-settings.ts'
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

/** Where a configuration file is looked for. */
export interface LoadConfigOptions {
  /** The folder; default: the working directory. */
  readonly cwd?: string
}

const own = checksOf(({ message, hint }) => new DynsrvError('DYNSRV_BAD_OPTION', message, { hint }))
const checkOptions = own.options<LoadConfigOptions>('loadConfig', { cwd: filledText })
const fileRule = optional(filledText)

/**
 * Reads `dynsrv.config.mjs`, `.js`, `.cjs`, `.json` or, where Node.js reads TypeScript (22.18 and later), `.ts` of the working
 * directory, or the file that is named, and checks it.
 *
 * A module's default export is the configuration, or a function that returns it.
 *
 * @param file the file; false to read none
 * @returns undefined when no file was named and there is none
 * @throws {DynsrvError} `DYNSRV_CONFIG` with the key that is wrong, and the nearest known one for an unknown key;
 *   `DYNSRV_BAD_OPTION`
 */
export async function loadConfig(
  file?: string | false,
  options: LoadConfigOptions = {},
): Promise<LoadedConfig | undefined> {
  if (file !== false) own.argument('loadConfig', 'file', fileRule, file)
  checkOptions(options)
  const { cwd = system.folder() } = options
  const path = findConfig(file, cwd)
  if (path === undefined) return undefined
  const config = checked(path, await read(path))
  const { $schema: _schema, cookieFile, tls, topologies, http, minPeers, page, ...plain } = config
  const near = (name: string) => resolve(dirname(path), name)
  const start: StartOptions = {
    ...plain,
    ...(cookieFile !== undefined && {
      cookieFile:
        typeof cookieFile === 'string'
          ? near(cookieFile)
          : { offered: near(cookieFile.offered), accepted: cookieFile.accepted.map(near) },
    }),
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

/** Read for each dial, so that renewed certificates are used. */
function tlsOptions(
  { certFile, keyFile, caFile, requireClientCertificate = true }: ConfigTls,
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
    if (statSync(path).isDirectory()) throw unreadable(path, 'it is a folder', LOOK)
    if (extname(path) === '.json') return JSON.parse(readFileSync(path, 'utf8'))
    // A promise of the file that never settles would end the process without a word.
    return await within({ clock, ms: LOADING_MS, late: () => unreadable(path, LATE, SETTLE) }, async () => {
      const { default: exported } = (await import(pathToFileURL(path).href)) as { default?: unknown }
      return typeof exported === 'function' ? await exported() : exported
    })
  } catch (cause) {
    if (isDynsrvError(cause)) throw cause
    const code = codeOf(cause) ?? ''
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new DynsrvError('DYNSRV_CONFIG', `${path}: this release of Node.js does not read this kind of file`, {
        hint: 'Write it as dynsrv.config.mjs, typed by defineConfig of dynsrv; Node.js 22.18 and later read TypeScript too.',
        cause,
      })
    }
    const why = UNREADABLE[code]
    throw why === undefined
      ? unreadable(path, placed(path, messageOf(cause)), WRITE, cause)
      : unreadable(path, why, LOOK, cause)
  }
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): DynsrvError {
  return new DynsrvError('DYNSRV_CONFIG', `${path} cannot be read: ${why}`, { hint, cause })
}

const LOADING_MS = 30_000
const LATE = `it was not done within ${LOADING_MS / 1_000} s`
const SETTLE = 'Find what it waits for: a promise of the file, or of the function that it exports, does not settle.'
const LOOK = 'Check the path and who may read it.'
const WRITE =
  'Correct the file; a .json file is JSON without comments, a module exports the configuration as its default.'

const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
}

/** The parser's complaint, with line and column in place of a position. */
function placed(path: string, message: string): string {
  const [, position] = /at position (\d+)/.exec(message) ?? []
  if (position === undefined) return message
  const before = readFileSync(path, 'utf8').slice(0, Number(position)).split('\n')
  return message.replace(/ at position \d+.*$/, ` at line ${before.length}, column ${before.at(-1)!.length + 1}`)
}

const RULES = rulesOf(SETTINGS)
const MAX_FAULTS = 4

/** Checks each setting by itself, so that all that is wrong comes in one message: a misspelled name first. */
function checked(path: string, given: unknown): DynsrvConfig {
  const owner = `${path}: `
  const check = checksOf(
    ({ message, hint }) => new DynsrvError('DYNSRV_CONFIG', message.slice(owner.length), { hint }),
  ).options<DynsrvConfig>(path, RULES)
  const faults: DynsrvError[] = []
  const look = (part: () => unknown): void => {
    try {
      check(part())
    } catch (fault) {
      faults.push(fault as DynsrvError)
    }
  }
  const isSettings = typeof given === 'object' && given !== null && !Array.isArray(given)
  if (!isSettings) look(() => given)
  else {
    const secret = Object.keys(given).find((name) => nearest(name, [...Object.keys(RULES), 'cookie']) === 'cookie')
    if (secret !== undefined) throw sharedCookie(path, secret)
    const names = Object.keys(given).sort((a, b) => rank(a) - rank(b))
    for (const name of names) look(() => ({ [name]: (given as Readonly<Record<string, unknown>>)[name] }))
  }
  const [first] = faults
  if (first === undefined) return given as DynsrvConfig
  const shown = faults.slice(0, MAX_FAULTS).map(({ message }) => message)
  const more = faults.length > MAX_FAULTS ? [`and ${faults.length - MAX_FAULTS} more`] : []
  throw new DynsrvError('DYNSRV_CONFIG', `${owner}${[...shown, ...more].join('; ')}`, { hint: first.hint })
}

function rank(name: string): number {
  return Object.hasOwn(RULES, name) ? 1 : 0
}

/** @param name `cookie`, or what it was meant to be */
function sharedCookie(path: string, name: string): DynsrvError {
  const unknown = name === 'cookie' ? '' : `there is no option ${name}; did you mean cookieFile? `
  return new DynsrvError('DYNSRV_CONFIG', `${path}: ${unknown}a cookie does not belong in a file that is shared`, {
    hint: 'Use cookieFile, or RELEASE_COOKIE.',
  })
}
