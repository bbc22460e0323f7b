import { freePort } from '@dynsrv/tools/free-port'
import { register, SERVICE } from '@dynsrv/tools/srv-cluster'
import { describe, expect, it } from 'vitest'
import { ENV, startPeer } from './peer.ts'
import { Dynsrv } from './run-dynsrv.ts'
import { inTerminal, plainly } from './terminal.ts'

describe('dynsrv watch', () => {
  it('tells who is there, who comes, who goes and why, in JSON', async () => {
    await using peer = await startPeer()
    const args = ['watch', '--service', SERVICE, ...peer.dns, '--interval', '100ms', '--json']
    await using dynsrv = new Dynsrv(args, { env: ENV })
    expect(await dynsrv.event('up')).toMatchObject({ name: peer.name, runs: 'OTP 25', visibility: 'visible', up: true })

    register(peer.zone, 'gone', await freePort())
    expect(await dynsrv.event('down')).toMatchObject({ name: `gone@${SERVICE}`, reason: { code: 'NODE_REFUSED' } })

    peer.zone.remove({ target: `gone.${SERVICE}` })
    expect(await dynsrv.event('gone')).toMatchObject({ name: `gone@${SERVICE}` })

    await peer.zone.pause()
    expect(await dynsrv.event('lookupFailed')).toMatchObject({ cause: { code: expect.stringMatching(/^EPMD_|^DNS_/) } })
    await peer.zone.resume()
    await peer.beam.kill()
    await dynsrv.line((line) => {
      const event = JSON.parse(line) as { type: string; name: string }
      return event.type === 'down' && event.name === peer.name
    })
    dynsrv.signal('SIGTERM')
    expect(await dynsrv.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('writes a line for each change where there is no terminal', async () => {
    await using peer = await startPeer()
    const args = ['watch', '--service', SERVICE, ...peer.dns, '--interval', '100ms']
    await using dynsrv = new Dynsrv(args, { env: ENV })
    const line = await dynsrv.line((text) => text.includes('erl-1'))
    expect(line).toMatch(/^\d\d:\d\d:\d\d {2}\+ erl-1@my-service\.test {2}visible {2}OTP 25 {2}[\d.]+ ms {2}up$/)
    dynsrv.signal('SIGINT')
    expect((await dynsrv.ended).code).toBe(0)
  })

  it('scrolls and filters on a terminal, and gives its screen back', async () => {
    await using peer = await startPeer()
    register(peer.zone, 'gone', await freePort())
    const types = [
      [/› ✗ gone@my-service\.test.*✓ erl-1/s, '\u001b[B'],
      [/› ✓ erl-1@my-service\.test/, '/'],
      [/Enter keeps it/, 'refused'],
      [/\/refused.*1 shown/s, '\r'],
      [/q quit/, 'q'],
    ] as const
    const args = ['watch', '--service', SERVICE, ...peer.dns, '--interval', '1m']
    const { code, screen } = await inTerminal(args, { env: ENV, types })
    const last = plainly(screen).split('\u001b[?1049l')
    expect(last).toHaveLength(2)
    expect(last[1]).toMatch(/1 of 2 up, 1 NODE_REFUSED {2}my-service\.test/)
    expect(code).toBe(0)
  })
})
