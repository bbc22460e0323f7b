import { basename } from 'node:path'
import type { ComposeProject, ComposeService } from './compose-project.ts'
import { commandsOf, shellWords } from './shell-words.ts'

/** Commands of a release that start its node. */
const STARTS = new Set([
  'start',
  'start_iex',
  'daemon',
  'daemon_iex',
  'foreground',
  'console',
  'console_clean',
  'server',
])
/** Commands of a release that start no node which others could find. */
const JOBS = new Set(
  [
    'eval',
    'rpc',
    'remote',
    'remote_console',
    'restart',
    'stop',
    'pid',
    'version',
    'versions',
    'ping',
    'escript',
  ].concat(['migrate', 'migrations', 'rollback', 'seed', 'seeds', 'help', '--help', '-h', '--version', '-v']),
)
/** Programs that are no node, whatever the environment says. Those of Erlang and Elixir are one only with a name. */
const NO_NODES = new Set(
  [
    'sleep',
    'tail',
    'true',
    'false',
    'echo',
    'cat',
    'sh',
    'bash',
    'ash',
    'psql',
    'pg_isready',
    'createdb',
    'curl',
    'wget',
  ].concat(['mix', 'iex', 'erl', 'elixir', 'elixirc', 'erlc', 'rebar3', 'nginx', 'postgres', 'redis-server']),
)
const DYNSRV_NODES = new Set(['up', 'join'])
const JOB_SCRIPT = /^(?:db[-_.])?(?:migrat\w*|seeds?|setup|rollback)(?:\.sh)?$/

/** Images of well-known servers that are no node of an Erlang cluster of ours; one `env_file` for all gives them its settings. */
const SERVERS =
  /^(?:postgres|postgresql|postgis|timescaledb|pgbouncer|pgadmin4?|mysql|mariadb|adminer|redis|redis-stack|valkey|keydb|dragonfly|memcached|mongo|mongodb|cassandra|elasticsearch|opensearch|kibana|clickhouse|clickhouse-server|influxdb|kafka|cp-kafka|redpanda|zookeeper|nats|mosquitto|minio|localstack|nginx|traefik|caddy|haproxy|envoy|httpd|varnish|consul|vault|etcd|jaeger|opentelemetry-collector(?:-contrib)?|otel-collector|zipkin|prometheus|alertmanager|grafana|loki|promtail|fluentd|fluent-bit|mailhog|mailpit|mailcatcher|keycloak|dnsmasq|rabbitmq|node-exporter|cadvisor|watchtower|portainer|swagger-ui)$/

/** What a service runs, as far as a cluster is concerned. */
export interface WhatItRuns {
  /** `node`: what it runs says so; `none`: no node; `unknown`: the image decides. */
  readonly kind: 'node' | 'none' | 'unknown'
  /** What Erlang's or Elixir's own flags say. */
  readonly flags: Flags
}

/** Flags of `erl`, `iex` and `elixir`. */
export interface Flags {
  readonly distribution?: 'name' | 'sname'
  readonly node?: string
  readonly cookie?: string
}

/** Looks at the command of a service, at the variables with flags, and at who waits for it to be over. */
export function whatItRuns(project: ComposeProject, service: ComposeService): WhatItRuns {
  const { environment, image, replicas } = service
  const commands = commandsOf(service.runs).map((words) => words.map((word) => expanded(word, environment)))
  const written = flagsIn(commands.flat())
  const variables = ['ERL_AFLAGS', 'ELIXIR_ERL_OPTIONS', 'ERL_FLAGS', 'ERL_ZFLAGS'].flatMap((name) =>
    shellWords(environment.get(name) ?? '').map((word) => word ?? ''),
  )
  const flags = { ...flagsIn(variables), ...written }
  const isOver = project.services.some(
    ({ dependsOn }) => dependsOn.get(service.name) === 'service_completed_successfully',
  )
  if (replicas === 0 || isOver) return { kind: 'none', flags }
  if (flags.node !== undefined) return { kind: 'node', flags }
  const kinds = commands.map(kindOfCommand)
  if (kinds.includes('node')) return { kind: 'node', flags }
  const last = kinds.at(-1) ?? (SERVERS.test(nameOfImage(image)) ? 'none' : 'unknown')
  return { kind: last, flags }
}

function nameOfImage(image: string): string {
  return basename(image.replace(/@.*$/, '')).replace(/:.*$/, '')
}

/** `$NAME` of the container's own shell, where the file sets the variable. */
function expanded(word: string, environment: ReadonlyMap<string, string>): string {
  return word.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced, bare) => environment.get(braced ?? bare) ?? whole)
}

function flagsIn(words: readonly string[]): Flags {
  let found: Flags = {}
  for (const [at, word] of words.entries()) {
    const value = words[at + 1]
    if (value === undefined) continue
    if (/^--?name$/.test(word)) found = { ...found, distribution: 'name', node: value }
    else if (/^--?sname$/.test(word)) found = { ...found, distribution: 'sname', node: value }
    else if (word === '--cookie' || word === '-setcookie') found = { ...found, cookie: value }
  }
  return found
}

/** What stands in front of a program and runs it. */
const WRAPPER = /^(?:exec|env|nohup|tini|dumb-init|sudo|--|-s|-g|\w+=.*)$/
const SHELL = /^(?:ba|da|a|z|k)?sh$/
/** A release's own command stands right behind its program. */
const NEAR = 3
/** The program of a release, which may stand behind one that waits: `./wait-for-it.sh db:5432 -- bin/app eval`. */
const RELEASE = /(?:^|\/)bin\/[\w-]+$/

function kindOfCommand(words: readonly string[]): WhatItRuns['kind'] {
  const at = words.findIndex((word, index) => {
    const isScript = SHELL.test(basename(word)) && words[index + 1]?.startsWith('-') === false
    return !WRAPPER.test(basename(word)) && !isScript
  })
  if (at === -1) return 'none'
  const dynsrv = words.findIndex((word) => basename(word) === 'dynsrv')
  if (dynsrv !== -1) return DYNSRV_NODES.has(words[dynsrv + 1] ?? '') ? 'node' : 'none'
  const near = words.slice(at, at + NEAR)
  const name = basename(near[0]!)
  if (NO_NODES.has(name) || JOB_SCRIPT.test(name)) return 'none'
  for (const [index, word] of near.entries()) {
    if (near[index - 1]?.startsWith('-') === true) continue
    if (STARTS.has(basename(word))) return 'node'
    if (JOBS.has(word)) return 'none'
  }
  const behind = words.findIndex((word, index) => index > at && (word === '--' || RELEASE.test(word)))
  return behind === -1 ? 'unknown' : kindOfCommand(words.slice(words[behind] === '--' ? behind + 1 : behind))
}
