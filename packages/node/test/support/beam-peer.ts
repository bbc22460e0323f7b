import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Beam, ERL, ERLC, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { type OTP_SUITES, otpRelease } from '@dynsrv/tools/otp-release'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'

export const COOKIE = 'node_test_cookie'

const compiled = new Map<string, string>()

/** The folder with the address module as this compiler compiles it. */
export function compiledEpmd(erlc = ERLC): string {
  return compiledModule('port_in_name_epmd', erlc)
}

/** The folder with a module of this one as that compiler compiles it. */
export function compiledModule(module: string, erlc = ERLC): string {
  const key = `${module} ${erlc}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  const folder = temporaryFolder('node')
  compiled.set(key, folder)
  // Another release runs in a root of its own, which sees the temporary folder and not this one.
  const source = join(folder, `${module}.erl`)
  copyFileSync(fileURLToPath(new URL(`${module}.erl`, import.meta.url)), source)
  execFileSync(erlc, ['-o', folder, source])
  return folder
}

/** A node name with a free port in it. */
export async function freeName(label: string): Promise<string> {
  return `${label}_${await freePort()}@127.0.0.1`
}

export interface BeamPeerOptions {
  readonly name?: string
  readonly cookie?: string
  readonly args?: readonly string[]
  /** The Debian suite whose release it is; default: the release that all tests talk to. */
  readonly suite?: keyof typeof OTP_SUITES
}

/** A real Erlang node that finds others by the port in their names, without epmd. */
export async function startBeamPeer(label: string, options: BeamPeerOptions = {}): Promise<Beam> {
  const { name = await freeName(label), cookie = COOKIE, args = [], suite } = options
  const program = suite === undefined ? ERL : (await otpRelease(suite)).erl
  const epmd = [
    '-pa',
    compiledEpmd(suite === undefined ? ERLC : join(dirname(program), 'erlc')),
    '-start_epmd',
    'false',
    '-epmd_module',
    'port_in_name_epmd',
  ]
  return startErl({ name, cookie, program, args: [...epmd, ...args] })
}
