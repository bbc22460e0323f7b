import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Beam, ERLC, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'

export const COOKIE = 'node_test_cookie'

let compiled: string | undefined

/** The folder with the compiled address module. */
export function compiledEpmd(): string {
  if (compiled !== undefined) return compiled
  compiled = temporaryFolder('node')
  execFileSync(ERLC, ['-o', compiled, fileURLToPath(new URL('port_in_name_epmd.erl', import.meta.url))])
  return compiled
}

/** A node name with a free port in it. */
export async function freeName(label: string): Promise<string> {
  return `${label}_${await freePort()}@127.0.0.1`
}

export interface BeamPeerOptions {
  readonly name?: string
  readonly cookie?: string
  readonly args?: readonly string[]
}

/** A real Erlang node that finds others by the port in their names, without epmd. */
export async function startBeamPeer(label: string, options: BeamPeerOptions = {}): Promise<Beam> {
  const { name = await freeName(label), cookie = COOKIE, args = [] } = options
  const epmd = ['-pa', compiledEpmd(), '-start_epmd', 'false', '-epmd_module', 'port_in_name_epmd']
  return startErl({ name, cookie, args: [...epmd, ...args] })
}
