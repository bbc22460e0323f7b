import type * as ChildProcess from 'node:child_process'
import os from 'node:os'

/** How a program is run. */
export interface RunOptions {
  /** All of its environment; `PATH` of it says where the program is looked for. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What it reads on its standard input; default: nothing. */
  readonly input?: string | undefined
  /** Kills it. */
  readonly signal: AbortSignal
}

/** What became of a program. */
export interface Ran {
  /** Its exit code; null when a signal ended it. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What the process was started with, and where it can say something. */
export interface System {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The working directory. */
  folder(): string
  homeFolder(): string
  hostName(): string
  /** How much memory the process may take: that of the machine, or of its container. Unit: bytes; default: no bound. */
  memoryBytes?(): number
  /**
   * Runs a program to its end, without a shell between; default: there are no programs.
   *
   * @throws the system's error, with `code` `ENOENT` when there is no such program; an `AbortError` when the signal aborts
   */
  run?(program: string, args: readonly string[], options: RunOptions): Promise<Ran>
  /** Writes to the standard output. */
  print(text: string): void
  /** Warns the person who runs the process, as `process.emitWarning` does. */
  warn(message: string, options: { readonly code: string; readonly detail?: string }): void
}

/** The process that we are. */
export const realSystem: System = {
  env: process.env,
  folder: () => process.cwd(),
  homeFolder: () => os.homedir(),
  hostName: () => os.hostname(),
  memoryBytes() {
    // 0 or more than there is where nothing bounds it.
    const bound = process.constrainedMemory()
    const all = os.totalmem()
    return bound > 0 ? Math.min(bound, all) : all
  },
  run,
  print: (text) => void process.stdout.write(text),
  warn: (message, options) => process.emitWarning(message, options),
}

/** More than this of either stream ends the program. */
const MAX_OUTPUT_BYTES = 16 * 2 ** 20

function run(program: string, args: readonly string[], { env, input = '', signal }: RunOptions): Promise<Ran> {
  // Loaded only by those that run programs, which nearly nobody does.
  const { execFile } = process.getBuiltinModule('node:child_process') as typeof ChildProcess
  return new Promise((resolve, reject) => {
    const limits = { signal, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' } as const
    const child = execFile(program, args, { ...limits, env, windowsHide: true }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') return reject(error)
      resolve({ status: child.exitCode, stdout, stderr })
    })
    // A program that does not read all of it is no failure of ours.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
