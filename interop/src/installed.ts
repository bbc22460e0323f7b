import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A package of a project with all that it needs, each once. */
export interface Installed {
  /** The names of all packages, its own first. */
  readonly names: readonly string[]
  /** What their files take together. */
  readonly bytes: number
}

/** Follows the dependencies of an installed package; peers that are optional are not among them. */
export async function installed(project: string, name: string): Promise<Installed> {
  const folders = new Map<string, string>()
  const follow = async (from: string, needed: string): Promise<void> => {
    const folder = folderOf(from, needed)
    if (folders.has(folder)) return
    folders.set(folder, needed)
    const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      readonly dependencies?: object
    }
    for (const each of Object.keys(dependencies)) await follow(folder, each)
  }
  await follow(project, name)
  const sizes = await Promise.all([...folders.keys()].map(bytesOf))
  return { names: [...folders.values()], bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) }
}

/** Where Node.js finds a package that another one needs. */
function folderOf(from: string, name: string): string {
  const folder = join(from, 'node_modules', name)
  if (existsSync(folder)) return folder
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return folderOf(dirname(from), name)
}

/** What the files of a package take, without those of packages below it. */
async function bytesOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += entry.name === 'node_modules' ? 0 : await bytesOf(path)
    else bytes += (await stat(path)).size
  }
  return bytes
}
