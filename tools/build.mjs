import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Builds every package; what turbo prints is shown only when it fails. */
export function build() {
  const { status, error, stdout, stderr } = spawnSync('npx', ['turbo', 'run', 'build', '--output-logs=errors-only'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  })
  if (status !== 0) throw new Error(`The build failed.\n${error ?? `${stdout}${stderr}`}`)
}
