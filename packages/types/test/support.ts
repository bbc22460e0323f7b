import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ERL, ERLC } from '@dynsrv/tools/beam'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { folderModules, type ModuleSource } from '../src/index.ts'

/** What a program of Erlang prints. */
export function erl(expression: string, { args = [], program = ERL }: ErlOptions = {}): string {
  return execFileSync(program, ['-noshell', ...args, '-eval', `${expression}, halt().`], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
}

interface ErlOptions {
  readonly args?: readonly string[]
  readonly program?: string
}

/** The folders that this machine's Erlang, and Elixir beside it, have their compiled modules in. */
export function installedFolders(elixir = '/usr/lib/elixir/lib'): readonly string[] {
  const root = erl('io:put_chars(code:lib_dir())')
  const ebins = (lib: string) => readdirSync(lib).map((app) => join(lib, app, 'ebin'))
  return [...ebins(root), ...ebins(elixir)]
}

/** The modules of Erlang and Elixir on this machine. */
export function installedModules(): ModuleSource {
  return folderModules(installedFolders())
}

/** A folder with a module of that source. */
export function compiledText(name: string, text: string): string {
  const folder = temporaryFolder('types')
  writeFileSync(join(folder, `${name}.erl`), text)
  execFileSync(ERLC, ['+debug_info', '+nowarn_unused_type', '-o', folder, join(folder, `${name}.erl`)], {
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return folder
}

/** A folder with a module of this one, compiled as it is or as it is changed. */
export function compiled(source: string, erlc = ERLC, changed: (text: string) => string = (text) => text): string {
  const folder = temporaryFolder('types')
  const text = readFileSync(fileURLToPath(new URL(source, import.meta.url)), 'utf8')
  writeFileSync(join(folder, source), changed(text))
  execFileSync(erlc, ['+debug_info', '-o', folder, join(folder, source)])
  return folder
}

/** The folder of the whole project. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** What the strict compiler says of a folder; nothing for a sound one. */
export function compile(folder: string): string {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const config = {
    extends: join(ROOT, 'tools/tsconfig.base.json'),
    compilerOptions: { rootDir: '/', typeRoots: [join(ROOT, 'node_modules/@types')] },
    include: ['*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  try {
    return execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
