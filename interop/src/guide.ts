import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@dynsrv/tools/free-port'
import { type CodeBlock, codeBlocks } from '@dynsrv/tools/readme-blocks'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DYNSRV = join(ROOT, 'packages/dynsrv/bin/dynsrv.js')
const RUNS_TYPESCRIPT = join(ROOT, 'interop/src/runs-typescript.mjs')
const execute = promisify(execFile)

/** A guide that is followed in a folder of its own, with its ports put in place of free ones; ended with its scope. */
export class Guide implements AsyncDisposable {
  readonly folder: string
  readonly #blocks: readonly CodeBlock[]
  readonly #ports: ReadonlyMap<string, number>
  readonly #started: ChildProcess[] = []

  private constructor(folder: string, blocks: readonly CodeBlock[], ports: ReadonlyMap<string, number>) {
    this.folder = folder
    this.#blocks = blocks
    this.#ports = ports
  }

  /** @param ports the ports that the guide names */
  static async open(name: string, ports: readonly string[]): Promise<Guide> {
    const markdown = readFileSync(join(ROOT, 'docs/guides', name), 'utf8')
    const free = new Map<string, number>()
    for (const port of ports) free.set(port, await freePort())
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-guide-'))
    for (const each of ['packages', 'node_modules']) await symlink(join(ROOT, each), join(folder, each))
    return new Guide(folder, codeBlocks(markdown), free)
  }

  /** The first block in a language that has the text, as it is run here. */
  block(language: string, text: RegExp): string {
    const found = this.#blocks.find((each) => each.language === language && text.test(each.code))
    if (found === undefined) throw new Error(`the guide has no ${language} block with ${text}`)
    let { code } = found
    for (const [port, free] of this.#ports) code = code.replaceAll(port, String(free))
    return code
  }

  /** Saves a block as a file of the folder. */
  async save(file: string, language: string, text: RegExp): Promise<void> {
    await writeFile(join(this.folder, file), this.block(language, text))
  }

  /** What the compiler says of a program, in its strictest mode; nothing when it is right. */
  async compile(file: string): Promise<string> {
    const options = '--noEmit --strict --target es2023 --module nodenext --allowImportingTsExtensions --skipLibCheck'
    return (await this.run(`node_modules/.bin/tsc ${options} --types node ${file}`)).stdout
  }

  /** Starts a command, which stays, and gives its first lines. */
  async begin(command: string, lines: number): Promise<string[]> {
    const stdio = ['ignore', 'pipe', 'inherit'] as const
    const child = spawn('bash', ['-c', here(command)], { cwd: this.folder, detached: true, stdio: [...stdio] })
    this.#started.push(child)
    const found: string[] = []
    for await (const line of createInterface(child.stdout!)) if (found.push(line) === lines) break
    return found
  }

  /** Runs a command to its end. What it prints is given whatever its exit code says. */
  async run(command: string): Promise<{ readonly code: number; readonly stdout: string }> {
    try {
      return { code: 0, stdout: (await execute('bash', ['-c', here(command)], { cwd: this.folder })).stdout }
    } catch (error) {
      const { code, stdout } = error as { code?: unknown; stdout?: string }
      if (typeof code !== 'number') throw error
      return { code, stdout: stdout ?? '' }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid, exitCode, signalCode } of this.#started) {
      if (exitCode === null && signalCode === null) process.kill(-pid!, 'SIGKILL')
    }
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A command as it is run here: with what stands in this checkout in place of what a reader has installed. */
function here(command: string): string {
  return command
    .replaceAll('npx dynsrv', `${process.execPath} ${DYNSRV}`)
    .replaceAll(/(^|exec )node (?=\S+\.m?ts\b)/gm, `$1${process.execPath} --import ${RUNS_TYPESCRIPT} `)
}
