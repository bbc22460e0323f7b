import { readFile } from 'node:fs/promises'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { startConsul } from '@dynsrv/tools/consul'
import { freePort } from '@dynsrv/tools/free-port'
import { expect, it } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { ExampleProgram } from '../src/example-program.ts'

const JOB = new URL('../../examples/consul-and-nomad/shop.nomad.hcl', import.meta.url)

/** What the job says of a group, with the variables that Nomad would fill in. */
function groupOf(job: string, group: string, port: number) {
  const text = job.split(/^ {2}group /m).find((part) => part.startsWith(`"${group}"`))!
  const filled = text.replace(/\$\{(NOMAD_\w+)\}/g, (_all, name) => (name === 'NOMAD_PORT_dist' ? String(port) : '0'))
  const one = (pattern: RegExp) => pattern.exec(filled)![1]!
  const env = [...one(/\benv \{\n([^}]*)\}/).matchAll(/^ *(\w+) *= "(.*)"$/gm)].map(([, key, value]) => [key!, value!])
  return {
    service: one(/\bservice \{\s+name = "(.*)"/),
    tag: one(/\btags = \["(.*)"\]/),
    env: Object.fromEntries(env) as Record<string, string>,
  }
}

it('the job of Nomad forms a cluster in a real Consul, and follows its health checks', {
  // Consul takes its time to elect a leader, and health checks turn at their own intervals.
  timeout: 120_000,
}, async () => {
  await using consul = await startConsul()
  const job = await readFile(JOB, 'utf8')
  const shop = groupOf(job, 'shop', await freePort())
  const prices = groupOf(job, 'prices', await freePort())
  expect([shop.service, shop.tag, prices.tag]).toEqual(['shop', 'shop-0', 'prices-0'])
  const cookie = 'from-vault'

  const { RELEASE_NODE: name = '', ERL_DIST_PORT = '' } = shop.env
  await using beam = await startErl({
    name,
    cookie,
    args: companionArgs(),
    env: { ERL_DIST_PORT, DYNSRV_DNS: consul.address },
  })
  const instance = (group: typeof shop) => ({
    id: group.tag,
    service: group.service,
    tags: [group.tag],
    address: '127.0.0.1',
    port: Number(group.env.ERL_DIST_PORT),
    status: 'passing' as const,
  })
  await consul.register(instance(shop), instance(prices))

  await using program = await ExampleProgram.start('consul-and-nomad/prices.ts', {
    ...prices.env,
    RELEASE_COOKIE: cookie,
    CONSUL_DNS: consul.address,
    CONSUL_HTTP_ADDR: consul.url,
  })
  expect(await program.firstLines(1)).toEqual([`nodeup ${name}`])
  // The companion finds ours by Consul's DNS too, by the tag.
  expect(await beam.eval(`net_adm:ping('${prices.env.RELEASE_NODE}')`)).toBe('pong')
  await consul.check(shop.tag, 'fail')
  expect((await program.firstLines(2))[1]).toBe(`nodedown ${name}`)
  await consul.check(shop.tag, 'pass')
  expect((await program.firstLines(3))[2]).toBe(`nodeup ${name}`)
  expect(await program.stop()).toBe(0)
  await eventually(() => beam.eval('nodes(connected)'), '[]')
})
