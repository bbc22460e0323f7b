import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { OTP_SUITES, type OtpSuite, otpRelease } from '@dynsrv/tools/otp-release'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { start } from 'dynsrv'
import { describe, expect, it } from 'vitest'
import { COOKIE, type Programs, records, runElixirTests, runErlangTests, SERVICE, startMember } from './application.ts'

const FAST = '{polling_interval, 50}, {discover_timeout_ms, 400}, {retry_base_ms, 50}'
const releases = await Promise.all(
  (Object.keys(OTP_SUITES) as OtpSuite[]).map(async (suite) => {
    const { erl, release } = await otpRelease(suite)
    const folder = dirname(erl)
    const programs: Programs = { erl, erlc: join(folder, 'erlc') }
    const erlang = await runErlangTests(programs)
    return { release, programs, outcomes: [...erlang, ...(await runElixirTests([join(folder, 'enter')]))] }
  }),
)

it('both languages ran on each', () => {
  for (const { outcomes } of releases) {
    expect(outcomes.some(({ name }) => name.startsWith('dynsrv_'))).toBe(true)
    expect(outcomes.some(({ name }) => name.startsWith('Dynsrv.'))).toBe(true)
  }
})

/** OTP 23 looks the host of a node up by itself, and dials nobody whose host it does not find. */
async function withHost(release: number): Promise<string[]> {
  if (release > 23) return []
  const file = join(temporaryFolder('inetrc'), 'inetrc')
  await writeFile(file, `{host, {127,0,0,1}, ["${SERVICE}"]}.\n{lookup, [file, native]}.\n`)
  return ['-kernel', 'inetrc', `"${file}"`]
}

describe.each(releases)('on OTP $release', ({ release, programs, outcomes }) => {
  it.each(outcomes)('$name', ({ outcome }) => expect(outcome).toBe('passed'))

  it('a service of Node.js is called by its group, and its error is one of JavaScript', async () => {
    await using zone = await startZoneServer({ records: [] })
    const args = await withHost(release)
    await using caller = await startMember({ label: 'caller', dns: zone.address, options: FAST, programs, args })
    const port = await freePort()
    zone.add(...records('caller', caller.port), ...records('js', port))
    await using service = await start({
      ...{ service: SERVICE, name: `js@${SERVICE}`, cookie: COOKIE, port, dns: zone.address, env: {} },
    })
    const quote = (sku: string) => {
      if (sku !== 'apple') throw new TypeError(`no price for ${sku}`)
      return 30
    }
    service.node.expose('prices', { quote }, { group: true })
    await expect.poll(() => caller.beam.eval('length(dynsrv:members(prices))')).toBe('1')
    expect(await caller.beam.eval('dynsrv:call(prices, quote, [<<"apple">>])')).toBe('30')
    const failed = await caller.beam.eval('element(2, dynsrv:try_call(prices, quote, [<<"pear">>], []))')
    expect(failed).toContain('message => <<"no price for pear">>')
    expect(failed).toContain('name => <<"TypeError">>')
    expect(await caller.beam.eval('element(2, dynsrv:try_call(prices, none, [], []))')).toBe('not_exposed')
  })

  it('a mesh forms, and outlives its DNS server', async () => {
    await using zone = await startZoneServer({ records: [] })
    const args = await withHost(release)
    const start = (label: string) => startMember({ label, dns: zone.address, options: FAST, programs, args })
    const members = await Promise.all(['a1', 'b-2', 'c_3'].map(start))
    try {
      for (const { name, port } of members) zone.add(...records(name.split('@')[0]!, port))
      await Promise.all(members.map((member) => member.ready(2)))
      for (const fault of ['servfail', 'refused', 'nxdomain', 'garbage'] as const) {
        zone.setFault(fault)
        const event = fault === 'nxdomain' ? 'polled' : 'discovery_failed'
        await Promise.all(members.map((member) => member.more(event, 4)))
        zone.setFault()
        await Promise.all(members.map((member) => member.more('polled', 2)))
      }
      await zone.pause()
      await Promise.all(members.map((member) => member.more('discovery_failed', 5)))
      for (const member of members) {
        expect(await member.links()).toHaveLength(2)
        expect(await member.events('lost')).toEqual([])
      }
    } finally {
      await Promise.all(members.map((member) => member[Symbol.asyncDispose]()))
    }
  })
})
