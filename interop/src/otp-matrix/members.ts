import { inspect, tuple } from '@dynsrv/etf'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { OTP_SUITES, type OtpSuite, otpRelease } from '@dynsrv/tools/otp-release'
import { expect, it } from 'vitest'
import { startBeamMember } from '../beam-member.ts'
import { eventually } from '../eventually.ts'
import { startOurMember } from '../our-member.ts'
import { publish } from '../publish.ts'

const COOKIE = 'releases-cookie'

/** Members that start without epmd. Slow where the release is fetched first, which happens once on a machine. */
export function testMembers(suites: readonly OtpSuite[]): void {
  it.each(suites.map((suite) => [suite, OTP_SUITES[suite]] as const))(
    'the OTP of Debian %s is %i; it and we join, ping, and echo short and long messages both ways',
    async (suite, release) => {
      const service = `otp-${release}.service.consul`
      const otp = await otpRelease(suite)
      await using zone = await startZoneServer()
      const [beamPort, ourPort] = [await freePort(), await freePort()]
      publish(zone, service, 'db-1', beamPort)
      publish(zone, service, 'api-1', ourPort)
      const ourMember = { label: 'api-1', service, cookie: COOKIE, dns: zone.address, port: ourPort }
      await using beam = await startBeamMember({
        language: 'erlang',
        label: 'db-1',
        service,
        cookie: COOKIE,
        port: beamPort,
        dns: zone.address,
        epmdPort: await freePort(),
        otp,
      })
      expect(await beam.eval('erlang:system_info(otp_release)')).toBe(`"${release}"`)
      await beam.eval(
        'register(echo, spawn(fun Loop() -> receive {From, Term} -> From ! {echo, Term} end, Loop() end))',
      )
      await using ours = await startOurMember(ourMember)
      await ours.ready({ minPeers: 1 })
      await expect(ours.node.ping(beam.name)).resolves.toBe('pong')
      expect(await beam.eval(`net_adm:ping('${ours.self}')`)).toBe('pong')
      expect(await beam.eval('nodes(hidden)')).toBe(`['${ours.self}']`)

      const inbox = ours.node.mailbox('inbox')
      inbox.send({ name: 'echo', node: beam.name }, tuple(inbox.pid, 'short'))
      expect(inspect(await inbox.receive({ timeoutMs: 5_000 }))).toBe('{echo,<<"short">>}')
      // No UTF-8, so that it stays bytes.
      const long = new Uint8Array(300_000).fill(0xff)
      inbox.send({ name: 'echo', node: beam.name }, tuple(inbox.pid, long))
      const [, echoed] = (await inbox.receive({ timeoutMs: 10_000 })) as Iterable<unknown>
      expect(echoed).toStrictEqual(long)
      await beam.eval(`[{inbox, '${ours.self}'} ! {number, N} || N <- lists:seq(1, 1000)], ok`)
      for (let n = 1; n <= 1_000; n++) {
        expect(inspect(await inbox.receive({ timeoutMs: 5_000 }))).toBe(`{number,${n}}`)
      }

      await ours.drain()
      await eventually(() => beam.eval('nodes(hidden)'), '[]')

      // A visible node takes part in global: nobody's sync may wait for it.
      await using visible = await startOurMember({ ...ourMember, hidden: false })
      await visible.ready({ minPeers: 1 })
      await eventually(() => beam.eval('nodes()'), `['${visible.self}']`)
      const sync =
        'Asker = self(), spawn(fun() -> Asker ! {synced, global:sync()} end), receive {synced, Is} -> Is after 5000 -> waits end'
      expect(await beam.eval(sync)).toBe('ok')
      expect(beam.output()).not.toContain('unexpected')
    },
    240_000,
  )
}
