import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PACKAGES = new URL('../../packages/', import.meta.url)

/** What `npm pack` made of one package. */
export interface PackedPackage {
  readonly name: string
  /** The tarball. */
  readonly file: string
  /** Bytes of the tarball, and of the files in it. */
  readonly packedBytes: number
  readonly unpackedBytes: number
  /** The paths in it. */
  readonly files: readonly string[]
}

/** A project as a user begins one: outside the repository, with the packed packages installed and nothing linked. */
export class EmptyProject implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async with(packages: readonly PackedPackage[], ...others: readonly string[]): Promise<EmptyProject> {
    const project = new EmptyProject(await mkdtemp(join(tmpdir(), 'dynsrv-project-')))
    await project.write('package.json', JSON.stringify({ name: 'empty-project', private: true }))
    const names = [...packages.map(({ file }) => file), ...others]
    await project.run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...names])
    return project
  }

  async write(name: string, text: string): Promise<string> {
    const file = join(this.folder, name)
    await writeFile(file, text)
    return file
  }

  /** What the program prints; rejects with all of it when it fails. */
  async run(program: string, args: readonly string[]): Promise<string> {
    const { NODE_OPTIONS: _ours, ...env } = process.env
    try {
      const { stdout } = await run(program, args, { cwd: this.folder, env })
      return stdout
    } catch (cause) {
      const { stdout, stderr } = cause as { stdout?: string; stderr?: string }
      throw new Error(`${program} ${args[0]} failed:\n${stdout}\n${stderr}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Packs every public package into the folder, as publishing would. */
export async function packAll(folder: string): Promise<PackedPackage[]> {
  const packed: PackedPackage[] = []
  for (const name of await readdir(PACKAGES)) {
    const cwd = fileURLToPath(new URL(`${name}/`, PACKAGES))
    const { private: isPrivate } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as {
      private?: boolean
    }
    if (isPrivate === true) continue
    const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], { cwd })
    const [result] = JSON.parse(stdout) as [NpmPackResult]
    packed.push({
      name: result.name,
      file: join(folder, result.filename),
      packedBytes: result.size,
      unpackedBytes: result.unpackedSize,
      files: result.files.map(({ path }) => path),
    })
  }
  return packed
}

interface NpmPackResult {
  readonly name: string
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}
