import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const EXAMPLES = new URL('../../examples/', import.meta.url)

/** A program of `examples/`, in a process of its own, as a reader runs it. */
export class ExampleProgram implements AsyncDisposable {
  /** The lines printed so far. */
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #errors = ''
  #waiting: (() => void)[] = []

  private constructor(child: ChildProcess, file: URL) {
    this.#child = child
    this.#exited = once(child, 'exit').finally(() => rm(file, { force: true }))
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.lines.push(line)
      this.#wake()
    })
    child.once('exit', () => this.#wake())
  }

  /** Types are taken away first, as newer releases of Node.js do by themselves. */
  static async start(path: string, env: Readonly<Record<string, string>>): Promise<ExampleProgram> {
    const source = await readFile(new URL(path, EXAMPLES), 'utf8')
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    // Next to the example, so that its imports are found as they are for a reader.
    const folder = new URL('.run/', new URL(path, EXAMPLES))
    await mkdir(folder, { recursive: true })
    const file = new URL(`${basename(path, '.ts')}-${process.pid}.mjs`, folder)
    await writeFile(file, outputText)
    const { NODE_OPTIONS: _ours, ...inherited } = process.env
    const child = spawn(process.execPath, [fileURLToPath(file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, ...env },
    })
    return new ExampleProgram(child, file)
  }

  /** The first so many lines; rejects with what the program said when it ends before. */
  async firstLines(count: number): Promise<string[]> {
    while (this.lines.length < count) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(
          `the example ended after ${this.lines.length} lines:\n${this.lines.join('\n')}\n${this.#errors}`,
        )
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return this.lines.slice(0, count)
  }

  /** Asks it to leave, as an orchestrator does, and tells its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    await this.#exited
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
    await this.#exited
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
