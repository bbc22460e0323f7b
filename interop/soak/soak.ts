import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from '@dynsrv/tools/certificates'
import type { Machine, Network } from '@dynsrv/tools/network'
import { startErlangMember } from './erlang-member.ts'
import { startOurMember } from './our-member.ts'
import type { MemberPlace, MemberState, SoakMember } from './soak-member.ts'

const DYNSRV = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const SERVICE = 'soak.service.test'
const PORT = 4370
const DNS_IP = '10.77.0.200'

/** A seat in the cluster: its machine and name stay, whoever runs there. */
export interface Seat {
  readonly label: string
  readonly kind: SoakMember['kind']
  readonly place: MemberPlace
  /** Undefined between a crash and the restart. */
  member: SoakMember | undefined
  registered: boolean
}

/** A cluster of Erlang nodes and of ours, each on a machine of its own, found by SRV records and without epmd. */
export class Soak implements AsyncDisposable {
  readonly seats: readonly Seat[]
  /** When the last disturbance ended of which links may still be lost afterwards; as `performance.now()` tells it. */
  disturbedAt = Number.NEGATIVE_INFINITY
  readonly #folder: string
  readonly #dnsMachine: Machine
  #dns: ChildProcess | undefined

  private constructor(folder: string, dnsMachine: Machine, seats: readonly Seat[]) {
    this.#folder = folder
    this.#dnsMachine = dnsMachine
    this.seats = seats
  }

  /**
   * @param each how many nodes of each kind
   * @param over whether certificates are shown on both sides
   */
  static async start(network: Network, folder: string, each: number, over: 'TCP' | 'TLS'): Promise<Soak> {
    const dnsMachine = await network.machine('dns', DNS_IP)
    const seats: Seat[] = []
    const certificate = over === 'TLS' ? { certificate: makeCertificate(SERVICE) } : {}
    for (let index = 0; index < 2 * each; index++) {
      const kind = index % 2 === 0 ? 'dynsrv' : 'erlang'
      const label = `${kind === 'erlang' ? 'erl' : 'js'}-${(index >> 1) + 1}`
      const machine = await network.machine(label, `10.77.0.${index + 1}`)
      const shared = { service: SERVICE, cookie: 'soak-cookie', dns: `${DNS_IP}:53`, port: PORT, ...certificate }
      const place = { ...shared, machine, label, name: `${label}@${SERVICE}` }
      seats.push({ label, kind, place, member: undefined, registered: true })
    }
    const soak = new Soak(folder, dnsMachine, seats)
    try {
      await soak.writeRecords()
      await soak.startDns()
      await Promise.all(seats.map((seat) => soak.startMember(seat)))
      return soak
    } catch (error) {
      await soak[Symbol.asyncDispose]()
      throw error
    }
  }

  async startMember(seat: Seat): Promise<void> {
    seat.member = await (seat.kind === 'erlang' ? startErlangMember : startOurMember)(seat.place)
  }

  /** The zone as the seats say; the DNS server reads it by itself. */
  async writeRecords(): Promise<void> {
    const records = this.seats
      .filter(({ registered }) => registered)
      .flatMap(({ label, place }) => [
        { type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port: PORT, ttlSeconds: 0 },
        { type: 'A', name: `${label}.${SERVICE}`, address: place.machine.ip, ttlSeconds: 0 },
      ])
    const file = join(this.#folder, 'zone.json')
    await writeFile(`${file}.new`, JSON.stringify(records))
    await rename(`${file}.new`, file)
  }

  async startDns(): Promise<void> {
    const command = [process.execPath, DYNSRV, 'dns', join(this.#folder, 'zone.json'), '--listen', `${DNS_IP}:53`]
    const child = spawn('ip', ['netns', 'exec', this.#dnsMachine.namespace, ...command, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#dns = child
    await once(createInterface({ input: child.stdout! }), 'line')
  }

  async stopDns(): Promise<void> {
    const child = this.#dns
    this.#dns = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Who has a member that runs. */
  running(): (Seat & { member: SoakMember })[] {
    return this.seats.filter((seat): seat is Seat & { member: SoakMember } => seat.member !== undefined)
  }

  /** Asks every member; the states by label. */
  async states(): Promise<Map<string, MemberState>> {
    const states = await Promise.all(
      this.running().map(async ({ label, member }) => [label, await member.state()] as const),
    )
    return new Map(states)
  }

  /**
   * Waits until every member has a link to every other one, and all agree on groups and names.
   *
   * @returns how long that took in milliseconds, and the states
   * @throws {Error} that names who lacks what, when it takes longer than the patience
   */
  async whole(patienceMs: number): Promise<{ elapsedMs: number; states: Map<string, MemberState> }> {
    const begun = performance.now()
    for (;;) {
      const states = await this.states()
      const elapsedMs = Math.round(performance.now() - begun)
      const missing = this.#missing(states)
      if (missing.length === 0) return { elapsedMs, states }
      if (elapsedMs > patienceMs) throw new Error(`not whole after ${elapsedMs} ms:\n${missing.join('\n')}`)
      await pause(200)
    }
  }

  #missing(states: Map<string, MemberState>): string[] {
    const seats = this.running()
    const labels = seats.map(({ label }) => label).sort()
    return seats.flatMap(({ label, place }) => {
      const { links = [], group = 0, names = [] } = states.get(label) ?? {}
      const lacks = seats.map((seat) => seat.place.name).filter((name) => name !== place.name && !links.includes(name))
      const faults = lacks.length > 0 ? [`${label} has no link to ${lacks.join(', ')}`] : []
      if (group !== seats.length) faults.push(`${label} sees ${group} of ${seats.length} members of the group`)
      if (names.join() !== labels.join()) faults.push(`${label} sees the names ${names.join(', ')}`)
      return faults
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.running().map(({ member }) => member[Symbol.asyncDispose]()))
    await this.stopDns()
  }
}
