import { connect } from 'node:net'
import { inspect, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { freePort } from '@dynsrv/tools/free-port'
import type { Cluster } from 'dynsrv'
import { describe, expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'
import { eventually } from '../src/eventually.ts'
import { startOurMember } from '../src/our-member.ts'

const SERVICE = 'mixed.service.consul'
const COOKIE = 'mixed-cluster-cookie'

describe('three BEAM nodes and two of ours, with names served by dnsmasq and no epmd', () => {
  it('form a full mesh and talk both ways', async () => {
    const labels = ['beam-a', 'beam-b', 'beam-c', 'js-a', 'js-b'] as const
    const ports = new Map<string, number>()
    for (const label of labels) ports.set(label, await freePort())
    const members = labels.map((label) => ({ label, port: ports.get(label)! }))
    await using dnsmasq = await startDnsmasq({ service: SERVICE, members })
    const epmdPort = await freePort()
    const beamMember = (label: string, language: 'erlang' | 'elixir') =>
      startBeamMember({
        language,
        label,
        service: SERVICE,
        cookie: COOKIE,
        port: ports.get(label)!,
        dns: dnsmasq.address,
        epmdPort,
      })
    const ourMember = (label: string) =>
      startOurMember({ label, service: SERVICE, cookie: COOKIE, dns: dnsmasq.address, port: ports.get(label)! })

    await using beamA = await beamMember('beam-a', 'elixir')
    await using beamB = await beamMember('beam-b', 'elixir')
    await using beamC = await beamMember('beam-c', 'erlang')
    await using jsA = await ourMember('js-a')
    await using jsB = await ourMember('js-b')
    await Promise.all([jsA.ready({ minPeers: 4 }), jsB.ready({ minPeers: 4 })])

    // The BEAM nodes find each other by the companion's own lookup; ours are hidden and never part of that mesh.
    expect(await beamA.eval(`Node.connect(:"beam-b@${SERVICE}")`)).toBe('true')
    expect(await beamA.eval(`Node.connect(:"beam-c@${SERVICE}")`)).toBe('true')
    const names = (...of: string[]) => of.map((label) => `${label}@${SERVICE}`)
    for (const beam of [beamA, beamB, beamC]) {
      const others = names('beam-a', 'beam-b', 'beam-c').filter((name) => name !== beam.name)
      await eventually(() => nodes(beam, 'visible'), others)
      await eventually(() => nodes(beam, 'hidden'), names('js-a', 'js-b'))
    }
    expect(sorted(jsA.members())).toStrictEqual(names('beam-a', 'beam-b', 'beam-c', 'js-b'))
    expect(sorted(jsB.members())).toStrictEqual(names('beam-a', 'beam-b', 'beam-c', 'js-a'))

    // Ping and messages, both ways and between ours.
    for (const peer of [...names('beam-a', 'beam-b', 'beam-c', 'js-b')]) {
      await expect(jsA.node.ping(peer)).resolves.toBe('pong')
    }
    expect(await beamB.eval(`:net_adm.ping(:"js-b@${SERVICE}")`)).toBe(':pong')
    const mailbox = jsA.node.mailbox('post')
    await beamA.eval(`send({:post, :"js-a@${SERVICE}"}, {self(), "from Elixir"})`)
    expect(inspect(await mailbox.receive({ timeoutMs: 5_000 }))).toContain('from Elixir')
    await beamC.eval('register(inbox, spawn(fun() -> receive {From, Text} -> From ! {echo, Text} end end))')
    mailbox.send({ name: 'inbox', node: `beam-c@${SERVICE}` }, tuple(mailbox.pid, 'to Erlang'))
    expect(inspect(await mailbox.receive({ timeoutMs: 5_000 }))).toContain('to Erlang')

    expect(await listens(epmdPort), 'an epmd was started').toBe(false)
    await leavesAreSeen(jsB, [beamA, beamB, beamC], jsA)
  })
})

async function leavesAreSeen(leaving: Cluster, beams: readonly Beam[], staying: Cluster): Promise<void> {
  await leaving.drain()
  for (const beam of beams) await eventually(() => nodes(beam, 'hidden'), [staying.self])
  await eventually(() => staying.members().includes(leaving.self), false)
}

/** What a BEAM node lists, sorted; both languages print atoms with the name in quotes. */
async function nodes(beam: Beam, kind: 'visible' | 'hidden'): Promise<string[]> {
  const listed = beam.name.startsWith('beam-c')
    ? await beam.eval(`lists:sort(nodes(${kind}))`)
    : await beam.eval(`Enum.sort(Node.list(:${kind}))`)
  return [...listed.matchAll(/['"]([^'"]+@[^'"]+)['"]/g)].map(([, name]) => name!)
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort()
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
