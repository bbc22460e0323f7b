import { execFile } from 'node:child_process'
import { copyFile, cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Beam, ERL, ERLC, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'

export const run = promisify(execFile)
export const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
export const SERVICE = 'svc.test'

/** The programs of one release of Erlang. */
export interface Programs {
  readonly erl: string
  readonly erlc: string
}

const INSTALLED: Programs = { erl: ERL, erlc: ERLC }

const compiled = new Map<string, Promise<string>>()

/** Compiles the application and its tests with a release, once, and tells the folder. */
export function compile({ erlc }: Programs = INSTALLED): Promise<string> {
  const known = compiled.get(erlc)
  if (known !== undefined) return known
  const made = compileWith(erlc)
  compiled.set(erlc, made)
  return made
}

async function compileWith(erlc: string): Promise<string> {
  const root = temporaryFolder('beam')
  const ebin = join(root, 'ebin')
  await mkdir(ebin)
  const sources: string[] = []
  for (const folder of ['src', 'test']) {
    for (const file of await readdir(join(PACKAGE, folder))) {
      if (!file.endsWith('.erl')) continue
      // Other releases run in a root of their own, which has this system's temporary folder and nothing else of it.
      await copyFile(join(PACKAGE, folder, file), join(root, file))
      sources.push(join(root, file))
    }
  }
  await run(erlc, ['-Werror', '+debug_info', '-o', ebin, ...sources])
  await copyFile(join(PACKAGE, 'src/dynsrv.app.src'), join(ebin, 'dynsrv.app'))
  await copyFile(join(PACKAGE, '../../fixtures/membership/cases.json'), join(root, 'cases.json'))
  return ebin
}

let withElixir: Promise<string> | undefined

/** The same with the modules of Elixir, compiled by the Elixir on the PATH. */
export function compileElixir(): Promise<string> {
  withElixir ??= compile().then(async (ebin) => {
    const lib = await readdir(join(PACKAGE, 'lib'), { recursive: true })
    // The tasks of Mix need Mix itself.
    const files = lib.filter((file) => file.endsWith('.ex') && !file.startsWith('mix'))
    const sources = files.map((file) => join(PACKAGE, 'lib', file))
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    await run('elixirc', ['--warnings-as-errors', '-pa', ebin, '-o', ebin, ...sources], { env })
    return ebin
  })
  return withElixir
}

/** What one test of Erlang or Elixir said. */
export interface Outcome {
  readonly name: string
  readonly outcome: string
}

/** Runs the test modules of Erlang, and tells what each test said. */
export async function runErlangTests(programs: Programs = INSTALLED): Promise<Outcome[]> {
  const ebin = await compile(programs)
  const modules = (await readdir(join(PACKAGE, 'test'))).filter((file) => file.endsWith('_tests.erl'))
  const list = modules.map((file) => file.replace('.erl', '')).join(',')
  const env = { ...process.env, DYNSRV_CASES: join(ebin, '../cases.json'), LC_ALL: 'C.UTF-8' }
  const args = ['-noshell', '-pa', ebin, '-eval', `dynsrv_run_tests:run([${list}])`]
  const { stdout } = await run(programs.erl, args, { env, maxBuffer: 2 ** 24 })
  return outcomes(stdout)
}

/**
 * Runs the tests of Elixir with `mix test`, in a copy, and tells what each said.
 *
 * @param enter what runs a command in the root of another release
 */
export async function runElixirTests(enter: readonly string[] = []): Promise<Outcome[]> {
  const root = temporaryFolder('beam-mix')
  for (const part of ['src', 'lib', 'test', 'mix.exs']) {
    await cp(join(PACKAGE, part), join(root, part), { recursive: true })
  }
  const env = { ...process.env, DYNSRV_TEST_LINES: '1', LC_ALL: 'C.UTF-8', MIX_ENV: 'test', HOME: root }
  const [program = '', ...args] = [...enter, 'sh', '-c', `cd '${root}' && mix test`]
  // A failed test is one of those that it tells of.
  const { stdout } = await run(program, args, { env, maxBuffer: 2 ** 24 }).catch((error: { stdout?: string }) =>
    error.stdout?.includes('#test ') === true ? { stdout: error.stdout } : Promise.reject(error),
  )
  return outcomes(stdout)
}

export function outcomes(stdout: string): Outcome[] {
  return [...stdout.matchAll(/^#test (\S+)$/gm)].map(([, encoded = '']) => {
    const [module, title, ...rest] = Buffer.from(encoded, 'base64').toString().split('\t')
    return { name: `${module}: ${title}`, outcome: rest.join('\t') }
  })
}

export interface MemberOptions {
  readonly label: string
  /** Where it asks; `host:port`. */
  readonly dns: string
  readonly port?: number
  readonly cookie?: string
  /** Options of `dynsrv_cluster` in Erlang, beside the service. */
  readonly options?: string
  readonly programs?: Programs
  readonly args?: readonly string[]
}

/** A real node that runs the membership, and writes its events down. */
export interface Member extends AsyncDisposable {
  readonly beam: Beam
  readonly port: number
  readonly name: string
  /** The events of one type, as Erlang writes them. */
  events(type: string): Promise<string[]>
  /** Waits until so many more events of a type have come. */
  more(type: string, count: number): Promise<void>
  /** The same for what is yet to be caused: gives what waits for so many more than there are now. */
  from(type: string): Promise<(count: number) => Promise<void>>
  links(): Promise<string[]>
  ready(peers: number): Promise<void>
}

export const COOKIE = 'k3Yd8-Vq71-xRm2'

export async function startMember(options: MemberOptions): Promise<Member> {
  const { label, dns, cookie = COOKIE, programs = INSTALLED, args = [] } = options
  const port = options.port ?? (await freePort())
  const name = `${label}@${SERVICE}`
  const ebin = await compile(programs)
  const beam = await startErl({
    ...{ name, cookie, program: programs.erl },
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: dns },
    args: ['-pa', ebin, '-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd', ...args],
  })
  await beam.eval('element(1, application:ensure_all_started(dynsrv))')
  await beam.eval('dynsrv_test_events:start()')
  const more = options.options === undefined ? '' : `, ${options.options}`
  const started = await beam.eval(
    `element(1, dynsrv_test_events:start_cluster([{service, "${SERVICE}"}, {name, members}${more}]))`,
  )
  if (started !== 'ok') throw new Error(started)
  return {
    ...{ beam, port, name },
    events: async (type) => {
      const texts = JSON.parse(await beam.eval(`dynsrv_test_events:texts(${type})`)) as string[]
      return texts.map((text) => Buffer.from(text, 'base64').toString())
    },
    more: async (type, count) => void (await beam.eval(`dynsrv_test_events:more(${type}, ${count})`)),
    from: async (type) => {
      const now = Number(await beam.eval(`dynsrv_test_events:count(${type})`))
      return async (count) => void (await beam.eval(`dynsrv_test_events:reach(${type}, ${now + count})`))
    },
    links: async () =>
      (await beam.eval('lists:sort(nodes(connected))'))
        .replaceAll(/[[\]']/g, '')
        .split(',')
        .filter(Boolean),
    ready: async (peers) => {
      const said = await beam.eval(`dynsrv_cluster:ready(members, ${peers}, 8000)`)
      if (said !== 'ok') throw new Error(said)
    },
    [Symbol.asyncDispose]: () => beam.stop(),
  }
}

/** The records of a member on loopback. */
export function records(label: string, port: number) {
  return [
    { type: 'SRV' as const, name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 },
    { type: 'A' as const, name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 },
  ]
}
