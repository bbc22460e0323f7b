import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { type Machine, startNetwork } from '@dynsrv/tools/network'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../src/eventually.ts'
import { Undo } from '../src/undo.ts'

const FOLDER = fileURLToPath(new URL('../../examples/compose/', import.meta.url))
const DYNSRV = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const COOKIE = 'compose-cookie'

interface ComposeService {
  readonly hostname?: string
  readonly command: string
  readonly dns?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly networks: { readonly cluster: { readonly ipv4_address: `10.77.0.${number}` } }
}

async function services(): Promise<Record<'dns' | 'shop' | 'prices', ComposeService>> {
  const text = await readFile(join(FOLDER, 'compose.yaml'), 'utf8')
  return (parse(text, { merge: true }) as { services: Record<'dns' | 'shop' | 'prices', ComposeService> }).services
}

/** Starts what the service runs, `npx dynsrv …`, on its machine; its lines of JSON come one by one. */
function startService(undo: Undo, machine: Machine, { command, environment = {} }: ComposeService, ...more: string[]) {
  const args = command.replace('/zone.json', join(FOLDER, 'zone.json')).split(' ')
  expect(args.splice(0, 2)).toEqual(['npx', 'dynsrv'])
  const child = spawn('ip', ['netns', 'exec', machine.namespace, process.execPath, DYNSRV, ...args, ...more], {
    env: { PATH: process.env.PATH, ...environment, ...(environment.RELEASE_COOKIE && { RELEASE_COOKIE: COOKIE }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  undo.use({
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  })
  let printed = ''
  child.stdout!.on('data', (text: Buffer) => {
    printed += text
  })
  return () => printed
}

describe('the Compose file', () => {
  it('has nothing that the doctor would find', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [DYNSRV, 'doctor', '--compose', join(FOLDER, 'compose.yaml'), '--plain'],
      { env: { ...process.env, CLUSTER_COOKIE: COOKIE } },
    )
    expect(stdout).not.toMatch(/error/i)
  })

  it('forms a cluster on the network that it describes', async () => {
    const { dns, shop, prices } = await services()
    await using undo = new Undo()
    const network = undo.use(await startNetwork())
    const on = (label: string, service: ComposeService) => network.machine(label, service.networks.cluster.ipv4_address)
    const [dnsAt, shopAt, pricesAt] = [await on('dns', dns), await on('shop', shop), await on('prices', prices)]
    expect([shop.dns, prices.dns]).toEqual([dnsAt.ip, dnsAt.ip])
    const served = startService(undo, dnsAt, dns, '--json')
    await eventually(() => served().includes('serving'), true)

    // The machine's resolv.conf is not ours to change: both are told the server that `dns:` puts there.
    const { RELEASE_NODE: name = '', ERL_DIST_PORT = '' } = shop.environment ?? {}
    expect(shop.command).toContain(`-name ${name} `)
    expect(shop.command).toContain('-start_epmd false -epmd_module dynsrv_epmd')
    const beam = undo.use(
      await startErl({
        name,
        cookie: COOKIE,
        namespace: shopAt.namespace,
        args: companionArgs(),
        env: { ERL_DIST_PORT, DYNSRV_DNS: `${dnsAt.ip}:53` },
      }),
    )
    const printed = startService(undo, pricesAt, prices, '--dns', `${dnsAt.ip}:53`, '--json', '--interval', '200ms')
    await eventually(() => printed().includes('"nodeup"'), true, { patienceMs: 30_000 })
    expect(await beam.eval('nodes(hidden)')).toBe(`['${prices.environment!.RELEASE_NODE}']`)
  })
})
