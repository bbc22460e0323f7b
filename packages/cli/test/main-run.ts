import { main } from '../src/cli.ts'

/** A run of `main` in this process: quick enough for hundreds of them. Only one goes on at a time. */
export interface MainRun {
  /** Everything written so far. */
  readonly stdout: string
  readonly stderr: string
  readonly ended: Promise<number>
  /** Waits for a line of standard output. */
  line(says: RegExp): Promise<void>
}

/** Starts `dynsrv` in this process, with only these variables in its environment. */
export function startMain(args: readonly string[], env: Readonly<Record<string, string>>): MainRun {
  const before = { env: { ...process.env }, out: process.stdout.write, error: process.stderr.write }
  const watchers = new Set<() => void>()
  const written = { stdout: '', stderr: '' }
  const take = (stream: 'stdout' | 'stderr') =>
    ((text: string | Uint8Array) => {
      written[stream] += typeof text === 'string' ? text : Buffer.from(text).toString()
      for (const watcher of watchers) watcher()
      return true
    }) as typeof process.stdout.write
  setEnvironment({ PATH: before.env.PATH, HOME: '/nonexistent', NO_COLOR: '1', ...env })
  process.stdout.write = take('stdout')
  process.stderr.write = take('stderr')
  const ended = main(args).finally(() => {
    setEnvironment(before.env)
    process.stdout.write = before.out
    process.stderr.write = before.error
  })
  return {
    ended,
    get stdout() {
      return written.stdout
    },
    get stderr() {
      return written.stderr
    },
    async line(says) {
      const found = new Promise<void>((resolve) => {
        const look = () => says.test(written.stdout) && resolve()
        watchers.add(look)
        look()
      })
      const code = await Promise.race([found, ended])
      if (code !== undefined) throw new Error(`it ended with ${code}: ${written.stdout}${written.stderr}`)
    },
  }
}

/** The object stays the same: parts of the program hold it. */
function setEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
}

/** Runs `dynsrv` in this process to its end. */
export async function runMain(args: readonly string[], env: Readonly<Record<string, string>>) {
  const run = startMain(args, env)
  const code = await run.ended
  return { code, stdout: run.stdout, stderr: run.stderr }
}
