import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { type Machine, startNetwork } from '@dynsrv/tools/network'
import { COOKIE, SERVICE } from '@dynsrv/tools/srv-cluster'
import { describe, expect, it } from 'vitest'
import { errorsOf, examineAs, warningsOf } from './doctor-cluster.ts'
import { Dynsrv } from './run-dynsrv.ts'

const DNS = '127.0.0.1:5353'
const PORT = '4370'
const env = { RELEASE_COOKIE: COOKIE, DYNSRV_DNS: DNS }

/** The zone of a service, served on a machine. */
async function serveZone(machine: Machine, members: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'dynsrv-doctor-zone-'))
  const file = join(folder, 'zone.json')
  const records = Object.entries(members).flatMap(([label, address]) => [
    { type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port: Number(PORT) },
    { type: 'A', name: `${label}.${SERVICE}`, address },
  ])
  await writeFile(file, JSON.stringify(records))
  const server = new Dynsrv(['dns', '--zone', file, '--listen', DNS, '--json'], { namespace: machine.namespace })
  await server.line(() => true)
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function erlang({ namespace }: Machine, label: string, ...args: string[]) {
  const name = `${label}@${SERVICE}`
  const settings = { ERL_DIST_PORT: PORT, DYNSRV_DNS: DNS }
  return startErl({ name, cookie: COOKIE, args: [...companionArgs(), ...args], env: settings, namespace })
}

describe('dynsrv doctor on machines of a network', () => {
  it('D20: nothing answers at an address', async () => {
    await using network = await startNetwork()
    const here = await network.machine('here', '10.77.0.1')
    const there = await network.machine('there', '10.77.0.2')
    await using _zone = await serveZone(here, { there: '10.77.0.2' })
    await using _erl = await erlang(there, 'there')
    const args = ['--service', SERVICE, '--timeout', '4s']
    const good = await examineAs(args, env, here.namespace)
    expect([errorsOf(good), warningsOf(good)]).toEqual([[], []])
    await there.cut()
    const found = await examineAs(args, env, here.namespace)
    expect(errorsOf(found)).toEqual(['D20 NODE_CONNECT_TIMEOUT'])
    expect(found.verdicts[0]?.hint).toMatch(/firewall.*NetworkPolicy/)
  })

  it('D23: the epmd of another machine says something else', async () => {
    await using network = await startNetwork()
    const here = await network.machine('here', '10.77.0.1')
    const there = await network.machine('there', '10.77.0.2')
    await using _zone = await serveZone(here, { there: '10.77.0.2' })
    await using _erl = await erlang(there, 'there')
    await using epmd = new Dynsrv(['epmd', '--host', '0.0.0.0', '--json'], { namespace: there.namespace })
    await epmd.line(() => true)
    // A node that left its name behind: it registers as the one that the record names, with a port of its own.
    const args = ['-kernel', 'inet_dist_listen_min', '41233', 'inet_dist_listen_max', '41233', '-start_epmd', 'false']
    await using _other = await startErl({
      name: 'there@10.77.0.2',
      cookie: COOKIE,
      args,
      env: {},
      namespace: there.namespace,
    })
    const found = await examineAs(['--service', SERVICE, '--timeout', '4s'], env, here.namespace)
    expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['D23 DOCTOR_EPMD_DISAGREES']])
    expect(found.verdicts[0]?.message).toBe(
      'epmd at 10.77.0.2 says that there listens on 41233, its SRV record says 4370',
    )
  })

  it('D21: our own node listens on loopback only; D04: our record leads to another machine', async () => {
    await using network = await startNetwork()
    const here = await network.machine('here', '10.77.0.1')
    await using _zone = await serveZone(here, { here: '10.77.0.1' })
    const own = { ...env, RELEASE_NODE: `here@${SERVICE}`, ERL_DIST_PORT: PORT }
    {
      await using _erl = await erlang(here, 'here', '-kernel', 'inet_dist_use_interface', '{127,0,0,1}')
      const found = await examineAs(['--timeout', '5s'], own, here.namespace)
      expect(errorsOf(found)).toEqual(['D21 DOCTOR_LOOPBACK_ONLY'])
    }
    await using _erl = await erlang(here, 'here')
    const good = await examineAs(['--timeout', '5s'], own, here.namespace)
    expect([errorsOf(good), warningsOf(good)]).toEqual([[], ['D35 DOCTOR_ALONE']])
  })

  it('D04: our record leads to another machine', async () => {
    await using network = await startNetwork()
    const here = await network.machine('here', '10.77.0.1')
    await using _zone = await serveZone(here, { here: '10.77.0.9' })
    const own = { ...env, RELEASE_NODE: `here@${SERVICE}`, ERL_DIST_PORT: PORT }
    const found = await examineAs(['--timeout', '5s'], own, here.namespace)
    expect([errorsOf(found), warningsOf(found)[0]]).toEqual([[], 'D04 DOCTOR_OWN_ADDRESS'])
    expect(found.verdicts[0]?.message).toContain('this machine has 10.77.0.1')
  })

  // Slow, some 10 s: what stalls is known only when the time of 5 s is over.
  it('D41: a way that loses large packets and tells nobody', async () => {
    await using network = await startNetwork()
    const here = await network.machine('here', '10.77.0.1')
    const there = await network.machine('there', '10.77.0.2')
    await using _zone = await serveZone(here, { there: there.ip })
    await using _erl = await erlang(there, 'there')
    const ip = (...args: string[]) => execFileSync('ip', args)
    // Packets are sent as large as the sender's MTU allows, and the second port of the switch drops what is above its own.
    ip('-n', here.namespace, 'link', 'set', 'eth0', 'gso_max_segs', '1')
    ip('-n', here.namespace.replace(/here$/, 'switch'), 'link', 'set', 'port2', 'mtu', '1300')
    const found = await examineAs(['--service', SERVICE, '--timeout', '5s'], env, here.namespace)
    expect(errorsOf(found)).toEqual(['D41 DOCTOR_LARGE_STALLS'])
    expect(found.verdicts[0]?.message).toBe(`messages to there@${SERVICE} stall above 1024 bytes`)
  })

  // Over 10 s: three examinations, each of which listens for 5.5 s.
  it('D43: gossip that is not there, that is heard, and that cannot be read', async () => {
    await using network = await startNetwork()
    const here = await network.machine('here', '10.77.0.1')
    const there = await network.machine('there', '10.77.0.2')
    const examine = () => examineAs(['--gossip'], { RELEASE_COOKIE: COOKIE }, here.namespace)
    expect(warningsOf(await examine())).toEqual(['D43 DOCTOR_GOSSIP_DEAF'])
    {
      // A heartbeat of libcluster's own, recorded: #{node => 'a@127.0.0.1'} behind "heartbeat::".
      await using _clear = gossiper(
        there,
        '6865617274626561743a3a837400000001640004' + '6e6f6465' + '64000b' + '6140' + '3132372e302e302e31',
      )
      const found = await examine()
      expect([errorsOf(found), warningsOf(found)]).toEqual([[], []])
    }
    await using _secret = gossiper(there, '00'.repeat(48))
    expect(errorsOf(await examine())).toEqual(['D43 DOCTOR_GOSSIP_FOREIGN'])
  })
})

/** Sends a packet to the gossip group of a network again and again. */
function gossiper({ namespace, ip }: Machine, hex: string): AsyncDisposable {
  const program = `const socket = require('node:dgram').createSocket('udp4')
    socket.bind(0, () => {
      socket.setMulticastInterface('${ip}')
      setInterval(() => socket.send(Buffer.from('${hex}', 'hex'), 45892, '233.252.1.32'), 200)
    })`
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', program], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
