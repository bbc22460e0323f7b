import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { epmd, erlangHosts, localEpmd, type Membership, type Strategy } from '@dynsrv/strategy'
import { startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { start } from 'dynsrv'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const COOKIE = 'short-names-cookie'

describe('a cluster of short names, over a real epmd', () => {
  let port = 0
  let daemon: ReturnType<typeof spawn>
  beforeAll(async () => {
    port = await freePort()
    daemon = spawn('epmd', ['-port', String(port)], { stdio: 'ignore' })
    const asked = new ErlEpmd({ epmdPort: port })
    await vi.waitFor(() => asked.names('127.0.0.1'), { timeout: 10_000 })
  })
  afterAll(async () => {
    daemon.kill()
    await once(daemon, 'exit')
  })

  const hostsFile = () => {
    const path = join(temporaryFolder('hosts'), '.hosts.erlang')
    writeFileSync(path, "'localhost'. % this machine\n")
    return path
  }
  const names = (host: string) => new ErlEpmd({ epmdPort: port }).names(host)
  const STRATEGIES: Readonly<Record<string, (membership: Membership, peer: string) => Strategy>> = {
    localEpmd: (membership) => localEpmd(membership, { names }),
    erlangHosts: (membership) => erlangHosts(membership, { names, path: hostsFile() }),
    epmd: (membership, peer) => epmd(membership, { hosts: [peer] }),
  }

  it.each(Object.entries(STRATEGIES))('is joined by %s', async (_name, strategy) => {
    const args = ['-start_epmd', 'false']
    const env = { ERL_EPMD_PORT: String(port) }
    await using erl = await startErl({ name: 'short-erl@localhost', short: true, cookie: COOKIE, args, env })
    await using cluster = await start({
      name: 'short-js@localhost',
      shortNames: true,
      cookie: COOKIE,
      port: 0,
      epmd: new ErlEpmd({ epmdPort: port }),
      topologies: { local: (membership) => strategy(membership, erl.name) },
    })
    await cluster.ready()
    expect(cluster.members()).toStrictEqual([erl.name])
    expect(await erl.eval('nodes(hidden)')).toBe("['short-js@localhost']")
  })
})
