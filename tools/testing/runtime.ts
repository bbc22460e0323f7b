import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** A release of a runtime that programs of ours run in. */
export interface Runtime {
  readonly name: string
  /** The package of npm that holds the program for this machine, and its version. */
  readonly from: string
  /** Where the program is in the package. */
  readonly path: string
  /** What stands before the file of a program. */
  readonly args: readonly string[]
}

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const node = (version: string): Runtime => ({
  name: `Node.js ${version}`,
  from: `node-linux-${arch}@${version}`,
  path: `node-linux-${arch}/bin/node`,
  args: [],
})
const bunArch = arch === 'arm64' ? 'aarch64' : 'x64'

/** All runtimes that are promised: the oldest Node.js, those with long support, the newest, and the two others. */
export const RUNTIMES: readonly Runtime[] = [
  node('20.19.0'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  {
    name: 'Bun 1.4.5',
    from: `@oven/bun-linux-${bunArch}@1.4.5`,
    path: `@oven/bun-linux-${bunArch}/bin/bun`,
    args: ['run'],
  },
  {
    name: 'Deno 2.9.6',
    from: `@deno/linux-${arch}-glibc@2.9.6`,
    path: `@deno/linux-${arch}-glibc/deno`,
    args: ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual'],
  },
]

/** The command that runs a program in a runtime, which is fetched from npm once into the user's cache. */
export function commandOf({ from, path, args }: Runtime): readonly [program: string, ...args: string[]] {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'dynsrv', 'runtimes', from.replaceAll('/', '-'))
  const program = join(folder, 'node_modules', path)
  if (!existsSync(program)) fetchInto(folder, from, program)
  return [program, ...args]
}

/** Moved into place when it is whole, since two files of tests may fetch the same: the first one stays. */
function fetchInto(folder: string, from: string, program: string): void {
  mkdirSync(dirname(folder), { recursive: true })
  const fresh = mkdtempSync(`${folder}.`)
  try {
    // Scripts of the package would be a door into this machine; the program is in the package itself.
    const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
    execFileSync('npm', ['install', '--prefix', fresh, ...quiet, from], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (!existsSync(program)) renameSync(fresh, folder)
  } catch (error) {
    if (!existsSync(program)) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}
