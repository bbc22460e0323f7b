import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The program as it is installed. */
export const BIN = fileURLToPath(new URL('../../dynsrv/bin/dynsrv.js', import.meta.url))

export interface ProgramRun {
  /** The whole environment, beside what Node needs to start; nothing of the tester's own cluster leaks in. */
  readonly env?: Readonly<Record<string, string>>
  readonly path?: string
  /** The working directory. */
  readonly cwd?: string
  /** The network namespace to run in. */
  readonly namespace?: string
  /** What is piped in; else standard input is empty. */
  readonly input?: string | Uint8Array
}

/** `dynsrv`, as a user runs it: the built command in a process of its own, ended with its scope. */
export class Dynsrv implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #watchers = new Set<() => void>()
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  #stderr = ''
  #over = false

  constructor(args: readonly string[], options: ProgramRun = {}) {
    const { env = {}, path = process.env.PATH ?? '', cwd, namespace, input } = options
    const node = [process.execPath, BIN, ...args]
    const [program = '', ...rest] = namespace === undefined ? node : ['ip', 'netns', 'exec', namespace, ...node]
    this.#child = spawn(program, rest, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
      env: { PATH: path, HOME: '/nonexistent', NO_COLOR: '1', LC_ALL: 'C.UTF-8', ...env },
    })
    this.#child.stdin?.end(input)
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#lines.push(line)
      this.#wake()
    })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code) => {
        this.#over = true
        this.#wake()
        resolve({ code, stdout: this.#lines.map((line) => `${line}\n`).join(''), stderr: this.#stderr })
      }),
    )
  }

  /** All lines printed so far. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** The lines printed so far as JSON objects. */
  get events(): Record<string, unknown>[] {
    return this.#lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** Waits for a line that satisfies the test; fails when the program ends without one. */
  async line(test: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.#lines.find(test)
      if (found !== undefined) return found
      if (this.#over) throw new Error(`no such line was printed:\n${this.#lines.join('\n')}\n${this.#stderr}`)
      await new Promise<void>((resolve) => {
        const once = () => {
          this.#watchers.delete(once)
          resolve()
        }
        this.#watchers.add(once)
      })
    }
  }

  /** Waits for a JSON line of this type, and of this node when one is named. */
  async event(type: string, node?: string): Promise<Record<string, unknown>> {
    const line = await this.line((text) => {
      const event = JSON.parse(text) as Record<string, unknown>
      return event.type === type && (node === undefined || event.node === node)
    })
    return JSON.parse(line) as Record<string, unknown>
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
  }
}

/** Runs `dynsrv` to its end. */
export async function runDynsrv(args: readonly string[], options: ProgramRun = {}) {
  await using dynsrv = new Dynsrv(args, options)
  return await dynsrv.ended
}
