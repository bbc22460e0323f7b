// Runs the stories of the simulator from the sources as they are, without a build of the packages.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

const folder = mkdtempSync(join(tmpdir(), 'dynsrv-sim-'))
const outfile = join(folder, 'sim.cjs')
try {
  await build({
    entryPoints: ['interop/sim/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    tsconfig: 'tools/tsconfig.base.json',
    define: { 'import.meta.url': '"file:///sim"' },
    logLevel: 'error',
  })
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
