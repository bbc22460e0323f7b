import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { messageOf } from '@dynsrv/kit'
import { attempt, codeOf } from '../attempt.ts'
import { canonicalService, GAP, merged, withoutPath } from './canonical.ts'
import { type ComposeDocument, type Fields, fieldsOf, type Path, readComposeYaml } from './compose-yaml.ts'
import { readEnvFile } from './env-file.ts'
import { BadInterpolation, interpolated, type UnsetUse, unsetMark, type Variables, withNames } from './variables.ts'

/** What Compose makes of its files, in the shape that `docker compose config --format json` prints. */
export interface Configuration {
  readonly name: string
  readonly services: Readonly<Record<string, Fields>>
  readonly networks: Fields
}

/** What our own reader found. */
export interface OwnReading {
  readonly configuration: Configuration
  /** The same as the files alone have it: no variable is set, and no `env_file` is read. */
  readonly written: Configuration
  /** Services that their profile leaves out. */
  readonly inactive: readonly string[]
  /** What it did not follow. */
  readonly gaps: readonly Gap[]
  /** Variables that nobody sets, and how the files use each. */
  readonly unset: ReadonlyMap<string, ReadonlySet<UnsetUse>>
  /** What Compose refuses, though we can read on. */
  readonly refused: readonly string[]
  /** A file beside the one that was given, which Compose reads as well where no file is named. */
  readonly override?: string
}

/** Something that the reader did not follow. */
export interface Gap {
  readonly what: string
  /** The service that lacks something for it; undefined when any service may. */
  readonly service?: string
  /** `environment` when only variables may be missing there. */
  readonly lacks: 'environment' | 'all'
}

/** What is read, and with what. */
export interface ComposeSource {
  /** Paths, the first one first; `-` is `input`. */
  readonly files: readonly string[]
  readonly input?: string | undefined
  readonly env: Variables
  /** The working directory. */
  readonly folder: string
  read(path: string): Promise<string>
}

/**
 * Reads Compose files as Compose does: variables, `.env` and `env_file`, merge keys, `extends`, `include`, several files,
 * profiles, `!reset` and `!override`. What it does not follow is a gap, and not an error.
 *
 * @throws {Error} when a file cannot be read, is not YAML, or has no services
 */
export async function readCompose(source: ComposeSource): Promise<OwnReading> {
  const [first = '-'] = source.files
  const directory = first === '-' ? source.folder : dirname(resolve(source.folder, first))
  const given = await withDotEnv(source, [join(directory, '.env')], source.env)
  const name =
    given.COMPOSE_PROJECT_NAME ||
    (await new Reader(source).nameOf(source.files, given)) ||
    projectName(basename(directory))
  // Compose lets the files use the name, wherever it came from.
  const variables: Variables = { ...given, COMPOSE_PROJECT_NAME: name }
  const reader = new Reader(source)
  const whole = await reader.files(source.files, directory, variables)
  if (Object.keys(fieldsOf(whole.services)).length === 0) throw new Error('it has no services')
  const bare = await new Reader(source, { bare: true }).files(source.files, directory, {})
  const { active, inactive } = byProfile(fieldsOf(whole.services), variables.COMPOSE_PROFILES ?? '')
  const services: [string, Fields][] = []
  for (const [key, service] of Object.entries(active)) {
    services.push([key, await reader.withEnvFiles(key, fieldsOf(service), variables)])
  }
  const override = await overrideOf(source)
  return {
    ...(override !== undefined && { override }),
    configuration: configuration(name, Object.fromEntries(services), fieldsOf(whole.networks)),
    written: configuration(name, fieldsOf(bare.services), fieldsOf(bare.networks)),
    inactive,
    gaps: reader.gaps.map((gap) => ({ ...gap, what: withNames(gap.what) })),
    unset: reader.unset,
    refused: undeclared(active, fieldsOf(whole.networks)),
  }
}

const DEFAULT_FILE = /^(?:docker-)?compose\.ya?ml$/
const OVERRIDES = ['compose', 'docker-compose'].flatMap((stem) => [`${stem}.override.yml`, `${stem}.override.yaml`])

async function overrideOf({ files, folder, read }: ComposeSource): Promise<string | undefined> {
  const [first = '-', ...more] = files
  if (more.length > 0 || !DEFAULT_FILE.test(basename(first))) return undefined
  for (const path of OVERRIDES.map((name) => join(dirname(first), name))) {
    const there = await attempt(read(resolve(folder, path)))
    if (there.ok) return path
  }
  return undefined
}

/** As Compose makes one out of the name of a folder. */
function projectName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]/g, '')
    .replace(/^[-_]+/, '')
}

function configuration(name: string, given: Fields, declared: Fields): Configuration {
  const services = Object.fromEntries(
    Object.entries(given).map(([key, service]) => [key, completed(fieldsOf(service))]),
  )
  const real = (key: string, given: Fields) => {
    const { external } = given
    const legacy = fieldsOf(external).name
    const isExternal = external === true || external === 'true' || legacy !== undefined
    return { ...given, name: String(given.name ?? legacy ?? (isExternal ? key : `${name}_${key}`)) }
  }
  const keys = new Set(Object.keys(declared))
  for (const { networks } of Object.values(services)) for (const key of Object.keys(fieldsOf(networks))) keys.add(key)
  return {
    name,
    services,
    networks: Object.fromEntries([...keys].map((key) => [key, real(key, fieldsOf(declared[key]))])),
  }
}

/** What Compose adds: the network called default, and that a service waits for those it links to or shares a stack with. */
function completed(given: Fields): Fields {
  const { network_mode: mode } = given
  const linked = Array.isArray(given.links) ? given.links.map((link) => String(link).split(':')[0]!) : []
  const [, shared] = /^service:(.+)$/.exec(String(mode ?? '')) ?? []
  const others = [...linked, ...(shared === undefined ? [] : [shared])]
  const waits = Object.fromEntries(others.map((name) => [name, { condition: 'service_started', required: true }]))
  const service = others.length === 0 ? given : { ...given, depends_on: { ...waits, ...fieldsOf(given.depends_on) } }
  if (mode !== undefined) return service
  const named = Object.keys(fieldsOf(service.networks)).length > 0
  return named ? service : { ...service, networks: { default: null } }
}

function byProfile(services: Fields, wanted: string): { active: Fields; inactive: string[] } {
  const profiles = new Set(wanted.split(',').map((one) => one.trim()))
  const isActive = ([, service]: [string, unknown]) => {
    const own = fieldsOf(service).profiles
    return !Array.isArray(own) || own.length === 0 || profiles.has('*') || own.some((one) => profiles.has(String(one)))
  }
  const entries = Object.entries(services)
  return {
    active: Object.fromEntries(entries.filter(isActive)),
    inactive: entries.filter((entry) => !isActive(entry)).map(([name]) => name),
  }
}

function undeclared(services: Fields, networks: Fields): string[] {
  return Object.entries(services).flatMap(([name, service]) =>
    Object.keys(fieldsOf(fieldsOf(service).networks))
      .filter((key) => key !== 'default' && !(key in networks))
      .map((key) => `service ${name} refers to undefined network ${key}`),
  )
}

/** The variables, and those of the files that are there; what is set already stays. */
async function withDotEnv(
  source: ComposeSource,
  files: readonly string[],
  known: Variables,
  missing?: (path: string) => void,
): Promise<Variables> {
  let found: Variables = {}
  for (const path of files) {
    const there = await attempt(source.read(path))
    if (!there.ok) {
      // A file that is there and cannot be read would set variables, and all that uses them would be judged without it.
      if (!NO_FILE.has(codeOf(there.error))) {
        throw new Error(`${basename(path)} cannot be read: ${messageOf(there.error)}`, { cause: there.error })
      }
      missing?.(path)
      continue
    }
    try {
      found = { ...found, ...Object.fromEntries(readEnvFile(there.value, known)) }
    } catch (error) {
      if (!(error instanceof BadInterpolation)) throw error
      throw new Error(`invalid interpolation format in ${basename(path)}`)
    }
  }
  return { ...found, ...set(known) }
}

function set(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined))
}

/** Addresses that Compose would fetch. */
const REMOTE = /^(?:https?|ssh|git|oci):|^git@|^github\.com\/|\.git(?:[#?]|$)/

class Reader {
  readonly gaps: Gap[] = []
  readonly unset = new Map<string, Set<UnsetUse>>()
  readonly #source: ComposeSource
  readonly #bare: boolean

  /** @param options `bare`: no variables are taken from files either */
  constructor(source: ComposeSource, { bare = false } = {}) {
    this.#source = source
    this.#bare = bare
  }

  /** Files that override each other, with all that they include and extend. */
  async files(
    paths: readonly string[],
    directory: string,
    variables: Variables,
    within: readonly string[] = [],
  ): Promise<Fields> {
    let whole: Fields = {}
    for (const path of paths) {
      const at = path === '-' ? '-' : resolve(this.#source.folder, path)
      if (within.includes(at)) throw new Error(`${path} includes itself`)
      for (const document of await this.#documents(at, variables)) {
        const file = await this.#followed(document, { directory, variables, within: [...within, at], at })
        for (const gone of [...document.resets, ...document.overrides]) whole = withoutPath(whole, gone)
        whole = mergedFiles(whole, file)
      }
    }
    return whole
  }

  /** The name that the last of the files gives the project; empty when none does. */
  async nameOf(paths: readonly string[], variables: Variables): Promise<string> {
    let found = ''
    for (const path of paths) {
      for (const { fields } of await readComposeYaml(await this.#text(path))) {
        if (typeof fields.name === 'string') found = String(this.#filled(fields.name, variables, ['name']))
      }
    }
    return found
  }

  async #text(path: string): Promise<string> {
    return path === '-' ? (this.#source.input ?? '') : await this.#source.read(resolve(this.#source.folder, path))
  }

  /** The documents of a file, filled in. */
  async #documents(path: string, variables: Variables): Promise<ComposeDocument[]> {
    return (await readComposeYaml(await this.#text(path))).map((document) => ({
      ...document,
      fields: this.#filled(document.fields, variables, []) as Fields,
    }))
  }

  #filled(value: unknown, variables: Variables, at: Path): unknown {
    if (typeof value === 'string') {
      try {
        return interpolated(value, { variables, onUnset: (name, use) => this.#noteUnset(name, use) })
      } catch (error) {
        if (!(error instanceof BadInterpolation)) throw error
        throw new Error(`invalid interpolation format for ${at.join('.')}`)
      }
    }
    if (Array.isArray(value)) return value.map((one) => this.#filled(one, variables, at))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, this.#filled(one, variables, [...at, key])]),
    )
  }

  #noteUnset(name: string, use: UnsetUse): void {
    this.unset.set(name, (this.unset.get(name) ?? new Set()).add(use))
  }

  /** One document with its services in one form, and with all that it includes and extends. */
  async #followed({ fields, resets, overrides }: ComposeDocument, around: Around): Promise<Fields> {
    const raw = Object.fromEntries(
      Object.entries(fieldsOf(fields.services)).map(([name, service]) => [
        name,
        canonicalService(fieldsOf(service), around.directory),
      ]),
    )
    const gone = [...resets, ...overrides].filter(([top]) => top === 'services')
    const services: Record<string, Fields> = {}
    for (const name of Object.keys(raw))
      services[name] = await this.#extended(name, raw, { ...around, gone, resets }, [])
    const own = withoutAll({ ...fields, services }, resets)
    return await this.#included(own, fields.include, around)
  }

  async #extended(
    name: string,
    services: Fields,
    around: Around & { gone: readonly Path[]; resets: readonly Path[] },
    chain: readonly string[],
  ): Promise<Fields> {
    const { extends: parent, ...written } = fieldsOf(services[name])
    // What is taken away there is not inherited from there either.
    const taken = around.resets.filter(([top, service]) => top === 'services' && service === name)
    const own = withoutAll(
      written,
      taken.map(([, , ...path]) => path),
    )
    const { file, service: base } = typeof parent === 'string' ? { service: parent, file: undefined } : fieldsOf(parent)
    if (typeof base !== 'string') return own
    const key = `${String(file ?? around.at)} ${base}`
    if (chain.includes(key)) throw new Error(`service ${name} extends itself`)
    let inherited: Fields | undefined
    try {
      inherited =
        typeof file === 'string'
          ? await this.#baseOf(file, base, around, [...chain, key])
          : base in services
            ? await this.#extended(base, services, around, [...chain, key])
            : undefined
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    if (inherited === undefined) {
      const where = typeof file === 'string' ? ` of ${file}` : ''
      // Those that extend this service lack the same.
      return merged({ [GAP]: [`service ${name} extends ${base}${where}, which is not here`] }, own)
    }
    for (const [, service, ...path] of around.gone) if (service === name) inherited = withoutPath(inherited, path)
    return merged(inherited, own)
  }

  async #baseOf(file: string, base: string, around: Around, chain: readonly string[]): Promise<Fields | undefined> {
    if (REMOTE.test(file)) return undefined
    const at = isAbsolute(file) ? file : join(around.directory, file)
    const directory = dirname(at)
    for (const { fields, resets, overrides } of await this.#documents(at, around.variables)) {
      const services = Object.fromEntries(
        Object.entries(fieldsOf(fields.services)).map(([name, service]) => [
          name,
          canonicalService(fieldsOf(service), directory),
        ]),
      )
      const gone = [...resets, ...overrides].filter(([top]) => top === 'services')
      if (base in services)
        return await this.#extended(base, services, { ...around, directory, at, gone, resets }, chain)
    }
    return undefined
  }

  async #included(own: Fields, given: unknown, around: Around): Promise<Fields> {
    let whole = own
    for (const one of Array.isArray(given) ? given : []) {
      const {
        path,
        project_directory: chosen,
        env_file: files,
      } = typeof one === 'string' ? { path: one } : fieldsOf(one)
      const paths = textsOf(path)
      if (paths.length === 0) continue
      if (paths.some((each) => REMOTE.test(each))) {
        this.gaps.push({ what: `include ${paths.join(', ')} is fetched from elsewhere`, lacks: 'all' })
        continue
      }
      const there = paths.map((each) => resolve(around.directory, each))
      const directory = typeof chosen === 'string' ? resolve(around.directory, chosen) : dirname(there[0]!)
      const named = textsOf(files).map((each) => resolve(around.directory, each))
      const isNamed = named.length > 0
      const missing = (file: string) => {
        if (isNamed)
          this.gaps.push({
            what: `env_file ${basename(file)} of include ${paths.join(', ')} is not here`,
            lacks: 'all',
          })
      }
      const variables = this.#bare
        ? around.variables
        : await withDotEnv(this.#source, isNamed ? named : [join(directory, '.env')], around.variables, missing)
      try {
        whole = mergedFiles(await this.files(there, directory, variables, around.within), whole)
      } catch (error) {
        if (!isMissing(error)) throw error
        this.gaps.push({ what: `include ${paths.join(', ')} is not here`, lacks: 'all' })
      }
    }
    const { include: _include, ...rest } = whole
    return rest
  }

  /** A service with the variables of its files below its own. */
  async withEnvFiles(name: string, service: Fields, variables: Variables): Promise<Fields> {
    const { env_file: files, environment, [GAP]: gaps, ...rest } = service
    for (const what of textsOf(gaps)) this.gaps.push({ what, service: name, lacks: 'all' })
    const all: Record<string, string> = {}
    for (const { path, required, format } of (files ?? []) as readonly EnvFile[]) {
      try {
        const text = await this.#source.read(path)
        for (const [key, value] of readEnvFile(text, { ...variables, ...all }, { raw: format === 'raw' })) {
          if (value !== undefined) all[key] = value
        }
      } catch (error) {
        if (required || error instanceof BadInterpolation) {
          const why = isMissing(error) ? 'is not here' : 'cannot be read'
          this.gaps.push({
            what: `env_file ${basename(path)} of service ${name} ${why}`,
            service: name,
            lacks: 'environment',
          })
        }
      }
    }
    for (const [key, value] of Object.entries(fieldsOf(environment))) {
      if (value === null || value === undefined) this.#passOn(all, key, variables)
      else all[key] = String(value)
    }
    return { ...rest, environment: all }
  }

  /** A name without a value takes that of the shell. */
  #passOn(all: Record<string, string>, key: string, variables: Variables): void {
    const value = variables[key]
    if (value !== undefined) all[key] = value
    else {
      this.#noteUnset(key, 'passed')
      all[key] = unsetMark(key)
    }
  }
}

interface EnvFile {
  readonly path: string
  readonly required: boolean
  readonly format?: unknown
}

interface Around {
  readonly directory: string
  readonly variables: Variables
  readonly within: readonly string[]
  /** The file. */
  readonly at: string
}

/** What the system says where no file is: nothing, or a folder. */
const NO_FILE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** What the system says of a file that is not here, or whose path waits for a variable. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ERR_INVALID_ARG_VALUE'])

function isMissing(error: unknown): boolean {
  return MISSING.has(codeOf(error))
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string' && one !== '')
}

function withoutAll(fields: Fields, paths: readonly Path[]): Fields {
  return paths.reduce((left, path) => withoutPath(left, path), fields)
}

/** Two files: services and networks by their keys, everything else by the later one. */
function mergedFiles(before: Fields, after: Fields): Fields {
  const both = (key: string, join: (one: Fields, other: Fields) => Fields) => {
    const [old, now] = [fieldsOf(before[key]), fieldsOf(after[key])]
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])]
    return Object.fromEntries(keys.map((one) => [one, join(fieldsOf(old[one]), fieldsOf(now[one]))]))
  }
  return {
    ...before,
    ...after,
    services: both('services', merged),
    networks: both('networks', (one, other) => ({ ...one, ...other })),
  }
}
