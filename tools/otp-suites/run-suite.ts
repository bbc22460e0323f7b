import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../testing/free-port.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'

/** One suite of OTP, and who takes part in it. */
export interface OtpSuite {
  /** What it tests, and what a node of ours is in it: a sentence or two. */
  readonly about: string
  /** Its module: `nc_SUITE`. */
  readonly module: string
  /** Its folder in OTP: `lib/jinterface/test`. */
  readonly folder: string
  /** Modules beside it that it needs, without `.erl`; a path counts from the top of OTP. */
  readonly helpers?: readonly string[]
  /** Programs that take the place of OTP's: a name on the PATH, or a path below the folder of the suite, and the script. */
  readonly programs: Readonly<Record<string, URL>>
  /** Cases that are left out, by `case` or `group/case`, each with the reason. */
  readonly rest?: Readonly<Record<string, string>>
  /** Cases that end in another way on purpose: what common_test says then, and why. */
  readonly differs?: Readonly<Record<string, { readonly detail: string; readonly why: string }>>
  /** The program that a peer node is started with; default: OTP's. */
  readonly peer?: URL
  /** Makes what the suite needs beside its modules. */
  readonly prepare?: (place: SuitePlace) => void
}

/** Where a suite runs. */
export interface SuitePlace {
  /** The folder with the modules. */
  readonly folder: string
  /** The fetched Erlang and the suites. */
  readonly otp: string
  /** Runs a program of that Erlang in the folder of the modules. */
  readonly run: (program: 'erl' | 'erlc', ...args: readonly string[]) => void
}

/** How a case ended. */
export interface CaseResult {
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** What common_test says about it. */
  readonly detail: string
}

const COOKIE = 'otp-suites'
/** The time limits of OTP's suites are for machines with nothing else to do; a node of ours has to start within them. */
const SLOWER = 5
const HOOKS = ['otp_suites_cth', 'ts_install_cth']

/** Fetches OTP's suites, once. Gives the folder. */
export function fetchOtpSuites(): string {
  const script = fileURLToPath(new URL('../peers/otp-suites.sh', import.meta.url))
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

/** Runs a suite, or only some of its cases, and gives how each ended: `case`, or `group/case`. */
export async function runOtpSuite(
  suite: OtpSuite,
  only: readonly string[] = [],
): Promise<ReadonlyMap<string, CaseResult>> {
  const otp = fetchOtpSuites()
  const place = suitePlace(otp)
  compileModules(suite, place)
  const { folder } = place
  const results = join(folder, 'results')
  writeFileSync(results, '')
  await using epmd = await startEpmd(otp)
  const cases = only.length === 0 ? '' : `{testcase, [${only.map(caseOf).join()}]},`
  const start = `ct:run_test([{dir, "${folder}"}, {suite, ${suite.module}}, ${cases} {auto_compile, false},
    {multiply_timetraps, ${SLOWER}}, {logdir, "${folder}/logs"}, {ct_hooks, [otp_suites_cth]}]), halt(0).`
  const erl = spawn(join(otp, 'erl'), ['-noinput', '-sname', 'ct@localhost', '-pa', folder, '-eval', start], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      HOME: folder,
      ERL_EPMD_PORT: String(epmd.port),
      ERL_FLAGS: '-start_epmd false',
      OTP_SUITE_RESULTS: results,
      OTP_SUITE_REST: Object.keys(suite.rest ?? {})
        .map(caseOf)
        .join(' '),
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      ...(suite.peer !== undefined && { PROGNAME: join(folder, 'bin', 'peer') }),
    },
  })
  let printed = ''
  for (const stream of [erl.stdout, erl.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  await once(erl, 'close')
  const notes = join(folder, 'programs.log')
  if (existsSync(notes)) console.log(`What the programs of ${suite.module} noted:\n${readFileSync(notes, 'utf8')}`)
  const ended = resultsIn(readFileSync(results, 'utf8'))
  if (ended.size === 0) throw new Error(`${suite.module} did not run: ${printed.slice(-2_000)}`)
  return ended
}

/** The case of a name that may have its group before it. */
function caseOf(name: string): string {
  return name.split('/').at(-1)!
}

/** A new folder for a suite. */
export function suitePlace(otp: string): SuitePlace {
  const folder = temporaryFolder('otp-suite')
  for (const sub of ['bin', 'logs']) mkdirSync(join(folder, sub))
  // The suites take the default cookie from here, and so do the programs that they start.
  writeFileSync(join(folder, '.erlang.cookie'), COOKIE, { mode: 0o400 })
  const run: SuitePlace['run'] = (program, ...args) => {
    execFileSync(join(otp, program), args, { cwd: folder, stdio: 'pipe', env: { ...process.env, HOME: folder } })
  }
  return { folder, otp, run }
}

/** Compiles the modules of a suite, and puts programs in their places. */
export function compileModules(
  { module, folder: home, helpers = [], programs, peer, prepare }: OtpSuite,
  place: SuitePlace,
): void {
  const { folder, otp } = place
  const tests = join(otp, 'otp', home)
  const data = `${module}_data`
  if (existsSync(join(tests, data))) cpSync(join(tests, data), join(folder, data), { recursive: true })
  prepare?.(place)
  for (const [name, script] of Object.entries(programs)) {
    const path = name.includes('/') ? join(folder, name) : join(folder, 'bin', name)
    writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${fileURLToPath(script)} "$@"\n`, { mode: 0o755 })
  }
  if (peer !== undefined) {
    // As `erl -detached`: the one that was started ends, its child goes on.
    const start = `${process.execPath} ${fileURLToPath(peer)} "$@"`
    writeFileSync(
      join(folder, 'bin', 'peer'),
      `#!/bin/sh\n${start} </dev/null >/dev/null 2>>"$HOME/programs.log" &\n`,
      {
        mode: 0o755,
      },
    )
  }
  const beside = helpers.map((name) => (name.includes('/') ? join(otp, 'otp', name) : join(tests, name)))
  const hooks = HOOKS.map((name) => fileURLToPath(new URL(name, import.meta.url)))
  const sources = [join(tests, module), ...beside, ...hooks].map((path) => `${path}.erl`)
  place.run('erlc', '-I', folder, '-I', join(otp, 'otp', 'lib/common_test/test_server'), '-I', headers(otp), ...sources)
}

/** Where `ct.hrl` is. */
function headers(otp: string): string {
  const libraries = join(otp, 'root/usr/lib/erlang/lib')
  const found = execFileSync('sh', ['-c', `echo ${libraries}/common_test-*/include`], { encoding: 'utf8' })
  return found.trim()
}

/** OTP's own epmd, on loopback. */
export async function startEpmd(otp: string): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort()
  const program = execFileSync('sh', ['-c', `echo ${otp}/root/usr/lib/erlang/erts-*/bin/epmd`], { encoding: 'utf8' })
  const child = spawn(program.trim(), ['-port', String(port), '-address', '127.0.0.1'], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
    },
  }
}

function resultsIn(text: string): Map<string, CaseResult> {
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const [name = '', outcome, detail = ''] = line.split('\t')
      return [name, { outcome: outcome as CaseResult['outcome'], detail }]
    }),
  )
}
