import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

/** The release on the PATH: that of the current stable Debian. */
export const INSTALLED_RELEASE = 25

/** The Debian suites that bring other releases than the one of the current stable one. */
export const OTP_SUITES = { bullseye: 23, trixie: 27, forky: 29 } as const
export type OtpSuite = keyof typeof OTP_SUITES

const SUITES = Object.keys(OTP_SUITES) as OtpSuite[]
/** The one with the newest release, and the others. */
export const NEWEST_SUITE = SUITES.toSorted((a, b) => OTP_SUITES[b] - OTP_SUITES[a])[0]!
export const OLDER_SUITES: readonly OtpSuite[] = SUITES.filter((suite) => suite !== NEWEST_SUITE)

/** An Erlang and Elixir of another release, ready to run. */
export interface OtpRelease {
  readonly release: number
  readonly erl: string
  readonly elixir: string
  /** A folder with the companion, compiled by this release: a `.beam` file of an old release does not load on a new one. */
  readonly companion: string
}

/** Fetches a release from its Debian suite, once, and compiles the companion with it. */
export async function otpRelease(suite: OtpSuite): Promise<OtpRelease> {
  const script = fileURLToPath(new URL('../peers/otp.sh', import.meta.url))
  const { stdout } = await run(script, [suite])
  const folder = stdout.trim()
  const companion = temporaryFolder(`companion-${suite}`)
  const source = fileURLToPath(new URL('../../packages/epmd-shim/beam/dynsrv_epmd.erl', import.meta.url))
  await copyFile(source, join(companion, 'dynsrv_epmd.erl'))
  await run(join(folder, 'erlc'), ['-Werror', '-o', companion, join(companion, 'dynsrv_epmd.erl')])
  return { release: OTP_SUITES[suite], erl: join(folder, 'erl'), elixir: join(folder, 'elixir'), companion }
}
