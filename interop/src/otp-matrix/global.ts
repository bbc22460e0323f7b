import { ErlEpmd, startEpmdServer } from '@dynsrv/epmd-shim'
import { atom } from '@dynsrv/etf'
import { startNode } from '@dynsrv/node'
import { startErl } from '@dynsrv/tools/beam'
import { OTP_SUITES, type OtpSuite, otpRelease } from '@dynsrv/tools/otp-release'
import { expect, it } from 'vitest'
import { eventually } from '../eventually.ts'

const COOKIE = 'global-cookie'
const PATIENCE = { patienceMs: 60_000 }
const PROCESS = 'spawn(fun() -> receive stop -> ok end end)'

/** Visible nodes. Slow where the release is fetched first, which happens once on a machine; two parts take seconds to meet. */
export function testGlobal(suites: readonly OtpSuite[]): void {
  it.each(suites.map((suite) => [suite, OTP_SUITES[suite]] as const))(
    'through us, two parts of a cluster on the OTP of Debian %s (%i) become one: names, conflicts and the mesh',
    async (suite, release) => {
      const otp = await otpRelease(suite)
      await using epmd = await startEpmdServer({ port: 0 })
      const env = { ERL_EPMD_PORT: String(epmd.port) }
      const start = (label: string) =>
        startErl({ name: `${label}@127.0.0.1`, cookie: COOKIE, args: ['-start_epmd', 'false'], env, program: otp.erl })
      await using first = await start('first')
      expect(await first.eval('erlang:system_info(otp_release)')).toBe(`"${release}"`)
      await using ours = await startNode({
        name: 'middle@127.0.0.1',
        cookie: COOKIE,
        epmd: new ErlEpmd({ epmdPort: epmd.port }),
        listen: { port: 0, host: '127.0.0.1' },
        hidden: false,
      })
      await ours.connect(first.name)
      const { global } = ours
      await eventually(() => global.known(), [first.name], PATIENCE)
      await using late = await start('late')
      for (const [beam, name] of [
        [first, 'of_first'],
        [late, 'of_late'],
      ] as const) {
        expect(await beam.eval(`global:register_name(${name}, ${PROCESS})`)).toBe('yes')
        await beam.eval(`register(clashing, ${PROCESS}), global:register_name(clash, whereis(clashing))`)
      }
      using mailbox = ours.mailbox()
      await global.register(atom('of_us'), mailbox)
      expect(await late.eval(`net_kernel:connect_node('${ours.self}')`)).toBe('true')

      const where = (name: string) => `case global:whereis_name(${name}) of undefined -> undefined; P -> node(P) end`
      for (const beam of [first, late]) {
        await eventually(() => beam.eval(where('of_first')), `'${first.name}'`, PATIENCE)
        await eventually(() => beam.eval(where('of_late')), `'${late.name}'`, PATIENCE)
        await eventually(() => beam.eval(where('of_us')), `'${ours.self}'`, PATIENCE)
        // OTP's default leaves the name to the process of the smaller node.
        await eventually(() => beam.eval(where('clash')), `'${first.name}'`, PATIENCE)
        expect(await beam.eval('global:sync()')).toBe('ok')
      }
      await eventually(() => global.whereis(atom('clash'))?.node.name, first.name, PATIENCE)
      await eventually(() => late.eval('whereis(clashing)'), 'undefined', PATIENCE)
      await eventually(() => global.known().sort(), [first.name, late.name], PATIENCE)

      // From now on they are one: locks are free, and what one registers all have.
      expect(await late.eval(`global:register_name(after_it, ${PROCESS})`)).toBe('yes')
      await eventually(() => first.eval(where('after_it')), `'${late.name}'`, PATIENCE)
      await eventually(() => global.whereis(atom('after_it'))?.node.name, late.name, PATIENCE)
      await global.reregister(atom('after_it'), mailbox, { timeoutMs: 30_000 })
      for (const beam of [first, late]) expect(await beam.eval(where('after_it'))).toBe(`'${ours.self}'`)
      for (const beam of [first, late]) expect(beam.output()).not.toMatch(/unexpected|badmatch|CRASH/)
    },
    240_000,
  )
}
