import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Where the frameworks of the recipes are installed, at the releases of its lock. */
export const RECIPES = join(ROOT, 'recipes')
const PAGES = join(ROOT, 'docs/guides/recipes')

/** A file that a recipe shows: a block whose fence names it. */
export interface RecipeFile {
  readonly name: string
  readonly code: string
}

/** The files of a recipe, each from the block that shows it. */
export function recipeFiles(recipe: string): RecipeFile[] {
  const page = readFileSync(join(PAGES, `${recipe}.md`), 'utf8')
  return [...page.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, code]) => ({ name: name!, code: code! }))
}

/** The first block of a language, whether it is a file or not. */
export function recipeBlock(recipe: string, language: string): string {
  const page = readFileSync(join(PAGES, `${recipe}.md`), 'utf8')
  const found = new RegExp(`^\`\`\`${language}\\b.*\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)
  if (found === null) throw new Error(`${recipe}.md has no ${language} block`)
  return found[1]!
}

/** Installs the frameworks, where they are not. */
export async function installRecipes(): Promise<void> {
  if (existsSync(join(RECIPES, 'node_modules'))) return
  await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: RECIPES,
  })
}

/** Writes the files of a recipe as a reader saves them, but for types, which Node.js 20 cannot take away itself. */
export async function saveRecipe(recipe: string): Promise<string> {
  const folder = join(RECIPES, '.run', `${recipe}-${process.pid}`)
  await mkdir(folder, { recursive: true })
  for (const { name, code } of recipeFiles(recipe)) {
    const program = name.endsWith('.ts') && !name.includes('.test.')
    if (!program) await writeFile(join(folder, name), code)
    else {
      const compilerOptions = {
        ...{ module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
        rewriteRelativeImportExtensions: true,
      }
      const { outputText } = ts.transpileModule(code, { compilerOptions })
      await writeFile(join(folder, name.replace(/\.ts$/, '.js')), outputText)
    }
  }
  return folder
}

/** A program of a recipe in a process of its own; ended with its scope, and its files are removed. */
export class RecipeProgram implements AsyncDisposable {
  readonly lines: string[] = []
  #errors = ''
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #folder: string
  #waiting: (() => void)[] = []

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    this.#exited = once(child, 'exit')
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.lines.push(line)
      this.#wake()
    })
    child.once('exit', () => this.#wake())
  }

  static async start(recipe: string, file: string, env: Readonly<Record<string, string>>): Promise<RecipeProgram> {
    const folder = await saveRecipe(recipe)
    const { NODE_OPTIONS: _ours, ...inherited } = process.env
    const child = spawn(process.execPath, [join(folder, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, ...env },
    })
    return new RecipeProgram(child, folder)
  }

  /** The first line that fits; rejects with what the program said when it ends before. */
  async line(text: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => text.test(line))
      if (found !== undefined) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`the program ended before ${text}:\n${this.lines.join('\n')}\n${this.#errors}`)
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** As an orchestrator asks it to leave. */
  terminate(): void {
    this.#child.kill('SIGTERM')
  }

  async exitCode(): Promise<number | null> {
    await this.#exited
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#exited
    await rm(this.#folder, { recursive: true, force: true })
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
