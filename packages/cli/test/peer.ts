import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { register, SERVICE } from '@dynsrv/tools/srv-cluster'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'

export const COOKIE = 'peer-test-cookie'
export const ENV = { RELEASE_COOKIE: COOKIE }

export interface Peer extends AsyncDisposable {
  readonly beam: Beam
  readonly name: string
  readonly port: number
  readonly zone: ZoneServer
  /** The options with which a command finds it. */
  readonly dns: readonly string[]
}

/** A real Erlang node with its SRV record in a zone of its own. */
export async function startPeer(label = 'erl-1'): Promise<Peer> {
  const zone = await startZoneServer()
  const port = await freePort()
  const beam = await startErl({
    name: `${label}@${SERVICE}`,
    cookie: COOKIE,
    args: [...companionArgs(), '-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
  register(zone, label, port)
  return {
    beam,
    name: beam.name,
    port,
    zone,
    dns: ['--dns', zone.address],
    async [Symbol.asyncDispose]() {
      await beam[Symbol.asyncDispose]()
      await zone.close()
    },
  }
}

/** A file in a new folder, readable by its owner alone. */
export async function temporaryFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(temporaryFolder('test'), name)
  await writeFile(path, content)
  await chmod(path, 0o600)
  return path
}
