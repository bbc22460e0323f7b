import { execFile } from 'node:child_process'

/** How a program is run. */
export interface ProgramRun {
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

/** The programs of a machine. */
export interface Programs {
  /**
   * Runs a program to its end, without a shell between.
   *
   * @throws the system's error, with `code` `ENOENT` when there is no such program; an `AbortError` when the signal aborts
   */
  run(program: string, args: readonly string[], options: ProgramRun): Promise<Ran>
}

/** More than this of either stream ends the program. */
const MAX_OUTPUT_BYTES = 16 * 2 ** 20

/** The programs of this machine. They are no part of `realWorld`, so that only packages that run one can do so. */
export const realPrograms: Programs = {
  run: (program, args, { env, input = '', signal }) =>
    new Promise((resolve, reject) => {
      const limits = { signal, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' } as const
      const child = execFile(program, args, { ...limits, env, windowsHide: true }, (error, stdout, stderr) => {
        if (error !== null && typeof error.code === 'string') return reject(error)
        resolve({ status: child.exitCode, stdout, stderr })
      })
      // A program that does not read all of it is no failure of ours.
      child.stdin?.on('error', () => undefined)
      child.stdin?.end(input)
    }),
}
