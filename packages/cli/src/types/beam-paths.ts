// biome-ignore lint/plugin: a World has no list of a folder, and these are folders of the person who types the command
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DynsrvError } from '@dynsrv/cluster'
import { codeOf, messageOf } from '@dynsrv/kit'
import { files } from '../world.ts'

/** What stands deeper in a folder is not looked for. */
const MOST_DEPTH = 8

/**
 * The compiled modules that `--beam` names: files, and all that are in folders, in the order of their names.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for a path that leads nowhere
 */
export async function beamFiles(paths: readonly string[]): Promise<readonly string[]> {
  const all: string[] = []
  for (const path of paths) {
    try {
      const isFolder = (await files.facts(path)).isDirectory()
      all.push(...(isFolder ? await inFolder(path) : [path]))
    } catch (cause) {
      const why = codeOf(cause) === 'ENOENT' ? 'there is no such file or folder' : messageOf(cause)
      throw new DynsrvError('DYNSRV_BAD_OPTION', `--beam ${path}: ${why}`, {
        hint: 'Give a .beam file, or a folder of them, such as _build/dev/lib/my_app/ebin.',
        cause,
      })
    }
  }
  return all
}

async function inFolder(folder: string, depth = 0): Promise<string[]> {
  const found: string[] = []
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth < MOST_DEPTH) found.push(...(await inFolder(path, depth + 1)))
    else if (entry.isFile() && entry.name.endsWith('.beam')) found.push(path)
  }
  return found
}

/** What mix and rebar3 build, most wanted first. */
const BUILDS = ['dev', 'prod', 'default', 'test']

/** The folders of compiled modules in `_build` here; none where there is no `_build`. */
export async function buildFolders(): Promise<readonly string[]> {
  const folders: string[] = []
  for (const build of BUILDS) {
    const lib = join('_build', build, 'lib')
    try {
      for (const app of (await readdir(lib)).sort()) folders.push(join(lib, app, 'ebin'))
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT' && codeOf(cause) !== 'ENOTDIR') throw cause
    }
  }
  return folders
}
