import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ZoneRecord } from '@dynsrv/srv-resolver'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { type Machine, startNetwork } from '@dynsrv/tools/network'
import { describe, expect, it } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { Undo } from '../src/undo.ts'

const COOKIE = 'network-tests-cookie'
const PORT = 4370
const MEMBER = fileURLToPath(new URL('membership-member.mjs', import.meta.url))
const DYNSRV = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))

interface Told {
  readonly type: string
  readonly node?: string
  readonly reason?: { readonly code: string; readonly message: string }
  readonly cause?: { readonly code: string; readonly message: string }
  readonly members?: readonly string[]
}

/** A program in a namespace that tells what happens in lines of JSON, and ends with its standard input or a signal. */
class Teller implements AsyncDisposable {
  readonly seen: Told[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #complaint = ''
  #look: () => void = () => undefined

  constructor({ namespace }: Machine, ...args: readonly string[]) {
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, ...args])
    this.#ended = once(this.#child, 'exit').then(() => this.#look())
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.seen.push(JSON.parse(line) as Told)
      this.#look()
    })
  }

  /** Waits for what fits, among what was told since `from` and what is to come. */
  async next(type: string, fits: (told: Told) => boolean = () => true, from = 0): Promise<Told> {
    for (;;) {
      const found = this.seen.slice(from).find((told) => told.type === type && fits(told))
      if (found !== undefined) return found
      if (this.#child.exitCode !== null) throw new Error(`it ended before it told of ${type}: ${this.#complaint}`)
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end()
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}

/** A DNS server, a BEAM node and place for one of ours, each on a machine of its own. */
async function scene(options: { beamName: string; records: readonly ZoneRecord[] }) {
  const undo = new Undo()
  try {
    const network = undo.use(await startNetwork())
    const [dns, beamAt, oursAt] = [
      await network.machine('dns', '10.77.0.3'),
      await network.machine('beam', '10.77.0.2'),
      await network.machine('ours', '10.77.0.1'),
    ]
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-network-'))
    undo.use({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) })
    const file = join(folder, 'zone.json')
    await writeFile(file, JSON.stringify(options.records))
    const address = `${dns.ip}:53`
    const server = undo.use(new Teller(dns, DYNSRV, 'dns', file, '--listen', address, '--json'))
    await server.next('serving')
    const beam = undo.use(
      await startErl({
        name: options.beamName,
        cookie: COOKIE,
        namespace: beamAt.namespace,
        args: [...companionArgs(), '-kernel', 'net_ticktime', '4'],
        env: { ERL_DIST_PORT: String(PORT), DYNSRV_DNS: address },
      }),
    )
    const start = (settings: object) => {
      const all = { cookie: COOKIE, dns: address, port: PORT, netTickTimeMs: 4_000, ...settings }
      return undo.use(new Teller(oursAt, MEMBER, JSON.stringify(all)))
    }
    return { dns, beamAt, oursAt, beam, start, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() }
  } catch (error) {
    await undo[Symbol.asyncDispose]()
    throw error
  }
}

const SERVICE = 'parts.service.consul'
const PARTS: readonly ZoneRecord[] = [
  ...(['db-1', 'api-1'] as const).map((label) => ({
    type: 'SRV' as const,
    name: SERVICE,
    target: `${label}.${SERVICE}`,
    port: PORT,
    ttlSeconds: 0,
  })),
  { type: 'A', name: `db-1.${SERVICE}`, address: '10.77.0.2', ttlSeconds: 0 },
  { type: 'A', name: `api-1.${SERVICE}`, address: '10.77.0.1', ttlSeconds: 0 },
]

describe('a partition', () => {
  // Slow, some 15 s: DNS is away for longer than the tick time of 4 s, and a cut between members is noticed when that is over.
  it('between a member and DNS loses nobody; between members the reason is told, and they meet again', async () => {
    await using s = await scene({ beamName: `db-1@${SERVICE}`, records: PARTS })
    const ours = s.start({ name: `api-1@${SERVICE}`, service: SERVICE })
    await ours.next('joined', ({ node }) => node === s.beam.name)

    // Longer than the tick time: the link lives by its ticks, whatever DNS says.
    let from = ours.seen.length
    await s.dns.cut()
    for (let failures = 0; failures < 15; failures++) {
      const at = ours.seen.indexOf(await ours.next('discoveryFailed', () => true, from))
      expect(ours.seen[at]).toMatchObject({ cause: { code: 'DNS_TIMEOUT' }, members: [s.beam.name] })
      from = at + 1
    }
    await s.dns.heal()
    await ours.next('polled', () => true, from)
    expect(ours.seen.map(({ type }) => type)).not.toContain('lost')
    expect(await s.beam.eval('nodes(hidden)')).toBe(`['api-1@${SERVICE}']`)

    from = ours.seen.length
    await s.beamAt.cut()
    const { reason } = await ours.next('nodedown', ({ node }) => node === s.beam.name, from)
    expect(reason).toMatchObject({ code: 'NODE_TICK_TIMEOUT' })
    const { cause } = await ours.next('connectFailed', ({ node }) => node === s.beam.name, from)
    expect(cause?.code).toBe('NODE_CONNECT_TIMEOUT')
    await eventually(() => s.beam.eval('nodes(hidden)'), '[]')
    // DNS is not cut from us, and still names it: it stays a member.
    expect(ours.seen.map(({ type }) => type)).not.toContain('left')
    from = ours.seen.length
    await s.beamAt.heal()
    await ours.next('joined', ({ node }) => node === s.beam.name, from)
    await eventually(() => s.beam.eval('nodes(hidden)'), `['api-1@${SERVICE}']`)
  })
})

describe('names as Docker Compose makes them', () => {
  const host = 'user_svc.msvc_default'
  const records: readonly ZoneRecord[] = [
    { type: 'A', name: host, address: '10.77.0.2' },
    { type: 'SRV', name: 'cluster.msvc_default', target: host, port: PORT },
  ]

  it('are refused with both names when DNS gives only addresses, and join when it gives the name', async () => {
    await using s = await scene({ beamName: `app@${host}`, records })
    const name = 'app@order_svc.msvc_default'
    const byAddress = s.start({ name, basename: 'app', query: host })
    const { node, cause } = await byAddress.next('connectFailed')
    expect(node).toBe('app@10.77.0.2')
    expect(cause?.code).toBe('DIST_NAME_MISMATCH')
    expect(cause?.message).toContain('app@10.77.0.2')
    expect(cause?.message).toContain(`app@${host}`)
    await byAddress[Symbol.asyncDispose]()

    const byName = s.start({ name, basename: 'app', service: 'cluster.msvc_default' })
    await byName.next('joined', ({ node: peer }) => peer === s.beam.name)
    expect(await s.beam.eval('nodes(hidden)')).toBe(`['${name}']`)
  })
})
