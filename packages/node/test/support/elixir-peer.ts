import { type Beam, startElixir } from '@dynsrv/tools/beam'
import { COOKIE, compiledEpmd, freeName } from './beam-peer.ts'

/** A real Elixir node that finds others by the port in their names, without epmd. */
export async function startElixirPeer(label: string): Promise<Beam> {
  const args = ['-pa', compiledEpmd(), '-start_epmd', 'false', '-epmd_module', 'port_in_name_epmd']
  return startElixir({ name: await freeName(label), cookie: COOKIE, args })
}
