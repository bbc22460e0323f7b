import { basename, dirname, resolve } from 'node:path'

/** A service of a Compose file, as far as a cluster is concerned. */
export interface ComposeService {
  readonly name: string
  /** `hostname`, with `domainname` where there is one. */
  readonly hostname?: string
  /** Names under which the others find it: service and container name, aliases, and both with the network behind. */
  readonly names: ReadonlySet<string>
  /** Keys of the networks it is on; `default` when it lists none, empty when it has a mode of its own. */
  readonly networks: readonly string[]
  readonly environment: ReadonlyMap<string, string>
  /** Whether files bring more variables than are written here. */
  readonly hasEnvironmentFile: boolean
  readonly dependsOn: readonly string[]
  readonly replicas: number
}

/** A Compose file that was read. */
export interface ComposeFile {
  readonly services: readonly ComposeService[]
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the text of a Compose file.
 *
 * @param path for the name of the project, which stands before those of its networks
 * @param env gives the values of `${NAME}`; a variable that it lacks stays as written
 * @throws {Error} when it is not YAML, with line and column, or has no services
 */
export async function readComposeFile(text: string, path: string, env: NodeJS.ProcessEnv): Promise<ComposeFile> {
  // The YAML library is loaded only when there is a file to read.
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { merge: true })
  const [broken] = document.errors
  if (broken !== undefined) throw new Error(broken.message.split('\n')[0])
  const file = fieldsOf(document.toJS({ maxAliasCount: MAX_ALIASES }))
  const services = Object.entries(fieldsOf(file.services))
  if (services.length === 0) throw new Error('it has no services')
  const project = typeof file.name === 'string' ? file.name : basename(dirname(resolve(path))).toLowerCase()
  const networks = fieldsOf(file.networks)
  return { services: services.map(([name, given]) => service(name, fieldsOf(given), { project, networks, env })) }
}

/** A file of nested aliases must not fill the memory. */
const MAX_ALIASES = 1_000

interface Around {
  readonly project: string
  readonly networks: Fields
  readonly env: NodeJS.ProcessEnv
}

function service(name: string, given: Fields, { project, networks: declared, env }: Around): ComposeService {
  const text = (value: unknown) => interpolated(String(value ?? ''), env)
  const networks = given.network_mode === undefined ? networksOf(given.networks) : new Map<string, string[]>()
  const own = [name, ...(typeof given.container_name === 'string' ? [text(given.container_name)] : [])]
  const names = new Set([...own, ...[...networks.values()].flat()])
  for (const network of networks.keys()) {
    const real = fieldsOf(declared[network]).name
    for (const suffix of [network, `${project}_${network}`, ...(typeof real === 'string' ? [text(real)] : [])]) {
      for (const one of own) names.add(`${one}.${suffix}`)
    }
  }
  const hostname = [given.hostname, given.domainname]
    .filter((part) => part !== undefined)
    .map(text)
    .join('.')
  const replicas = Number(text(fieldsOf(given.deploy).replicas ?? given.scale ?? 1))
  return {
    name,
    names,
    networks: [...networks.keys()],
    environment: environmentOf(given.environment, env),
    hasEnvironmentFile: given.env_file !== undefined,
    dependsOn: listed(given.depends_on),
    replicas: Number.isFinite(replicas) ? replicas : 1,
    ...(hostname !== '' && { hostname }),
  }
}

function networksOf(given: unknown): Map<string, string[]> {
  if (given === undefined || given === null) return new Map([['default', []]])
  if (Array.isArray(given)) return new Map(given.map((network) => [String(network), []]))
  return new Map(
    Object.entries(fieldsOf(given)).map(([network, settings]) => [network, listed(fieldsOf(settings).aliases)]),
  )
}

function environmentOf(given: unknown, env: NodeJS.ProcessEnv): Map<string, string> {
  const pairs = Array.isArray(given)
    ? given.map((line): [string, unknown] => {
        const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(String(line)) ?? []
        return [key, value]
      })
    : Object.entries(fieldsOf(given))
  // A name without a value takes that of the shell.
  return new Map(
    pairs.map(([key, value]) => [
      key,
      value === undefined || value === null ? (env[key] ?? `\${${key}}`) : interpolated(String(value), env),
    ]),
  )
}

/** `${NAME}`, `${NAME:-default}` and `$NAME`, as Compose fills them in; `$$` is a dollar sign. */
function interpolated(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(
    /\$\$|\$\{(\w+)(?::?[-?]([^}]*))?\}|\$(\w+)/g,
    (whole, braced?: string, otherwise?: string, bare?: string) => {
      if (whole === '$$') return '$'
      const value = env[braced ?? bare ?? '']
      if (value !== undefined && value !== '') return value
      return otherwise !== undefined && whole.includes('-') ? otherwise : whole
    },
  )
}

function listed(given: unknown): string[] {
  if (Array.isArray(given)) return given.map(String)
  return Object.keys(fieldsOf(given))
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}
