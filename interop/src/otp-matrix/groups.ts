import { once } from 'node:events'
import { atom } from '@dynsrv/etf'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { INSTALLED_RELEASE, OTP_SUITES, type OtpSuite, otpRelease } from '@dynsrv/tools/otp-release'
import { expect, it } from 'vitest'
import { startBeamMember } from '../beam-member.ts'
import { eventually } from '../eventually.ts'
import { startOurMember } from '../our-member.ts'
import { publish } from '../publish.ts'

const COOKIE = 'groups-cookie'
const ROOM = atom('room')
const PATIENCE = { patienceMs: 30_000 }
/** The first release whose `pg` tells of changes. */
const MONITORS = 25

/**
 * Process groups, with a BEAM node of each suite; undefined is the release on the PATH. Slow where the release is fetched
 * first, which happens once on a machine; a node starts for each, and its `pg` again and again.
 */
export function testGroups(suites: readonly (OtpSuite | undefined)[]): void {
  const releases = suites.map((suite) => [suite === undefined ? INSTALLED_RELEASE : OTP_SUITES[suite], suite] as const)
  it.each(releases)(
    'a hidden node shares process groups with pg of OTP %i, through restarts of the scope and the end of the node',
    async (release, suite) => {
      const service = `groups-${release}.service.consul`
      await using zone = await startZoneServer()
      const [beamPort, ourPort] = [await freePort(), await freePort()]
      publish(zone, service, 'db-1', beamPort)
      publish(zone, service, 'api-1', ourPort)
      await using beam = await startBeamMember({
        language: 'erlang',
        label: 'db-1',
        service,
        cookie: COOKIE,
        port: beamPort,
        dns: zone.address,
        epmdPort: await freePort(),
        ...(suite !== undefined && { otp: await otpRelease(suite) }),
      })
      expect(await beam.eval('erlang:system_info(otp_release)')).toBe(`"${release}"`)
      await using ours = await startOurMember({
        label: 'api-1',
        service,
        cookie: COOKIE,
        port: ourPort,
        dns: zone.address,
      })
      const pg = ours.node.pg()
      await ours.ready({ minPeers: 1 })

      // The scope starts after the link is up.
      const memberNodes = '[node(P) || P <- pg:get_members(room)]'
      const us = (times: number) => `[${new Array<string>(times).fill(`'${ours.self}'`).join(',')}]`
      await beam.eval('{ok, _} = pg:start(pg), ok')
      using mailbox = ours.node.mailbox()
      pg.join(ROOM, mailbox)
      await eventually(() => beam.eval(memberNodes), us(1), PATIENCE)
      const told = 'receive {_, What, room, Pids} -> {What, [node(P) || P <- Pids]} after 30000 -> nothing end'
      const monitors = release >= MONITORS
      if (monitors) expect(await beam.eval('{_, Pids} = pg:monitor(pg, room), length(Pids)')).toBe('1')
      pg.join(ROOM, mailbox)
      if (monitors) expect(await beam.eval(told)).toBe(`{join,${us(1)}}`)
      await eventually(() => beam.eval(memberNodes), us(2), PATIENCE)
      pg.leave(ROOM, mailbox)
      if (monitors) expect(await beam.eval(told)).toBe(`{leave,${us(1)}}`)
      await eventually(() => beam.eval(memberNodes), us(1), PATIENCE)

      // Theirs come and go, one by one and as a list.
      const joined = once(pg, 'join')
      await beam.eval('register(member, spawn(fun() -> receive stop -> ok end end)), pg:join(room, whereis(member))')
      expect(await joined).toMatchObject([{ group: ROOM, pids: [{ node: atom(beam.name) }] }])
      await beam.eval('pg:join(room, [whereis(member), whereis(member)])')
      await eventually(() => pg.members(ROOM).length, 4, PATIENCE)
      await beam.eval('pg:leave(room, whereis(member))')
      await eventually(() => pg.members(ROOM).length, 3, PATIENCE)
      await beam.eval('member ! stop, ok')
      await eventually(() => pg.members(ROOM).length, 1, PATIENCE)

      // Their scope crashes with a member in it, and is started again: each side knows the other's members again.
      await beam.eval('register(member, spawn(fun() -> receive stop -> ok end end)), pg:join(other, whereis(member))')
      await eventually(() => pg.members(atom('other')).length, 1, PATIENCE)
      await beam.eval('exit(whereis(pg), kill), ok')
      await eventually(() => pg.members(atom('other')).length, 0, PATIENCE)
      await beam.eval('{ok, _} = pg:start(pg), pg:join(other, whereis(member))')
      await eventually(() => beam.eval(memberNodes), us(1), PATIENCE)
      await eventually(() => pg.members(atom('other')).length, 1, PATIENCE)

      // Our scope closes and is opened anew.
      pg.close()
      await eventually(() => beam.eval(memberNodes), '[]', PATIENCE)
      const again = ours.node.pg()
      again.join(ROOM, mailbox)
      await eventually(() => beam.eval(memberNodes), us(1), PATIENCE)
      await eventually(() => again.members(atom('other')).length, 1, PATIENCE)

      // A node that dies takes its members along.
      const left = once(again, 'leave')
      await beam.kill()
      expect(await left).toMatchObject([{ group: atom('other') }])
      expect(again.members(atom('other'))).toStrictEqual([])
      expect(again.members(ROOM)).toHaveLength(1)
    },
    240_000,
  )
}
