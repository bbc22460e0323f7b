// A short bench beside the build of the merge base, in one run: ratios of now to then, marked where a row fell by more than a
// fifth. It fails nothing, since machines are noisy: a mark asks for a longer run.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CACHE = join(ROOT, 'node_modules', '.cache', 'floor')
/** In the order in which they import each other. */
const BUILT = ['etf', 'srv-resolver', 'epmd-shim', 'dist-protocol', 'node']
const MOST_BUILD_MS = 120_000
const MOST_MS = 60_000

const git = (...args) =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

function found(look) {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** Where this branch left the main one; on the main branch itself, the commit before. */
function mergeBase() {
  const [head, ...mains] = ['HEAD', 'origin/main', 'main'].map((name) =>
    found(() => git('rev-parse', '--verify', name)),
  )
  for (const main of mains.filter(Boolean)) {
    const base = found(() => git('merge-base', head, main))
    if (base !== undefined && base !== head) return base
  }
  return found(() => git('rev-parse', '--verify', 'HEAD^1'))
}

/**
 * The built state of a commit, below our own `node_modules`: what it takes from others is found there, its own packages
 * in a folder of links in front of that. Kept for the next time.
 */
function build(commit) {
  const folder = join(CACHE, commit)
  if (existsSync(join(folder, 'done'))) return folder
  rmSync(CACHE, { recursive: true, force: true })
  mkdirSync(join(folder, 'node_modules', '@dynsrv'), { recursive: true })
  const archive = execFileSync('git', ['archive', commit, 'packages', 'tools'], { cwd: ROOT, maxBuffer: 1 << 30 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  const packages = readdirSync(join(folder, 'packages')).map((name) => [name, join('packages', name)])
  for (const [name, path] of [...packages, ['tools', 'tools']]) {
    symlinkSync(join(folder, path), join(folder, 'node_modules', '@dynsrv', name))
  }
  const tsup = join(ROOT, 'node_modules', '.bin', 'tsup')
  for (const name of BUILT) {
    const cwd = join(folder, 'packages', name)
    const { status, error, stdout, stderr } = spawnSync(tsup, ['--no-dts'], {
      cwd,
      encoding: 'utf8',
      timeout: MOST_BUILD_MS,
    })
    if (status !== 0) throw new Error(`${name} of ${commit} does not build: ${error?.message ?? stdout + stderr}`)
  }
  // The programs of the bench are those of now, so that both do the same.
  cpSync(join(ROOT, 'bench', 'node'), join(folder, 'bench', 'node'), { recursive: true })
  mkdirSync(join(folder, 'done'))
  return folder
}

function run(title, ...args) {
  console.log(`\n${title}\n`)
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: join(ROOT, 'bench'),
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: MOST_MS,
  })
  if (status !== 0) console.log(`It did not end well (${signal ?? status}); after ${MOST_MS / 1000} s it is stopped.`)
}

const base = mergeBase()
if (base === undefined) {
  console.log('floor: skipped, for there is no merge base to compare with.')
} else {
  const head = git('rev-parse', '--short', 'HEAD')
  console.log(
    `floor: ${head} beside ${base.slice(0, head.length)}, as ratios; FELL marks what is worse by more than a fifth.`,
  )
  try {
    const folder = build(base)
    cpSync(join(ROOT, 'bench', 'node'), join(folder, 'bench', 'node'), { recursive: true })
    const core = (root) => join(root, 'packages', 'etf', 'dist', 'index.cjs')
    run('Term codec, time:', 'etf-twin.mjs', core(folder), core(ROOT), '7')
    const cases = 'small sent to a name,64 KiB received,echo,rex'
    const many = ['--rounds', '3', '--tries', '1', '--most', '40', '--states', 'cold,warm', '--cases', cases]
    run('Node:', 'node/run.mjs', '--peers', 'base,node', '--base', folder, ...many)
  } catch (error) {
    console.log(`floor: not measured. ${error.message}`)
  }
}
