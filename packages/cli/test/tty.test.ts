import { SERVICE } from '@dynsrv/tools/srv-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, type Peer, startPeer } from './peer.ts'
import { inTerminal, plainly } from './terminal.ts'

const COLOUR = '\u001b['
const HIDE = '\u001b[?25l'
const SHOW = '\u001b[?25h'

describe('in a terminal', () => {
  let peer: Peer
  /** Stands for what is known only when the peer is up. */
  const words = (args: readonly string[]) =>
    args.flatMap((arg) => {
      if (arg === 'PEER') return [peer.name, ...peer.dns]
      return arg === 'SERVICE' ? ['--service', SERVICE, ...peer.dns] : [arg]
    })
  beforeAll(async () => {
    peer = await startPeer()
  })
  afterAll(() => peer[Symbol.asyncDispose]())

  it.each([
    [['ping', 'PEER'], /✓ handshake +[\d.]+ ms {2}erl-1@my-service\.test, visible.*✓ ping +[\d.]+ ms {2}pong\n$/s],
    // The width of a latency changes with its digits: 1.2 ms, 12 ms, 1234 ms.
    [
      ['nodes', 'SERVICE'],
      /^node +kind +runs +latency\s+erl-1@my-service\.test {2}visible {2}OTP \d+ {2,}[\d.]+ ms {2,}up\n1 of 1 up\n$/,
    ],
    [['names', 'SERVICE'], /^node +port\nerl-1@my-service\.test {2}\d+\n$/],
    [['resolve', 'PEER'], /✓ SRV my-service\.test.*→ 127\.0\.0\.1:\d+\n$/s],
    [['wait', 'SERVICE', '--nodes', '1'], /^1 of 1 {2}erl-1@my-service\.test\n$/],
    [['--help'], /Usage: dynsrv/],
  ] as const)('%j is coloured, and says the same without colours', async (args, says) => {
    const { code, screen } = await inTerminal(words(args), { env: ENV })
    expect(plainly(screen)).toMatch(says)
    expect(screen).toContain(COLOUR)
    expect(code).toBe(0)
  })

  it.each([
    [['call', 'PEER', 'erlang', 'node'], "'erl-1@my-service.test'\n"],
    [['eval', 'PEER', '1 + 1'], '2\n'],
    [['send', 'PEER', 'nobody', 'hello'], ''],
    [['cast', 'PEER', 'nobody', 'hello'], ''],
    [['decode', '83610b'], '11\n'],
  ] as const)('%j prints its result alone', async (args, says) => {
    const { code, screen } = await inTerminal(words(args), { env: ENV })
    expect([code, screen]).toStrictEqual([0, says])
  })

  it.each([
    [['join', '--name', `joined@${SERVICE}`, 'SERVICE', '--port', '0'], /erl-1.* joined/, 0],
    [['up', '--name', `stays@${SERVICE}`, 'SERVICE', '--port', '0', '--http', '127.0.0.1:0'], /erl-1.* joined/, 0],
    [['watch', 'SERVICE'], /erl-1@my-service\.test {2}visible/, 0],
    [['dns', '--member', 'a@b.test:1'], /Ctrl-C stops/, 0],
    [['epmd', '--port', '0'], /Ctrl-C stops/, 0],
    [['demo'], /records added, mesh formed/, 130],
    [
      ['doctor', 'SERVICE', '--name', `me@${SERVICE}`, '--port', '4370', '--watch'],
      /this host and its name/,
      undefined,
    ],
  ] as const)('%j ends with Ctrl-C, and the cursor is back', async (args, interruptAt, code) => {
    const ended = await inTerminal(words(args), { env: ENV, interruptAt })
    expect(ended.screen).toContain(COLOUR)
    expect(ended.screen.lastIndexOf(SHOW)).toBeGreaterThanOrEqual(ended.screen.lastIndexOf(HIDE))
    if (code !== undefined) expect(ended.code).toBe(code)
  })

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('with %o nothing is coloured', async (env) => {
    for (const args of [['ping', 'PEER'], ['nodes', 'SERVICE'], ['--help']]) {
      const { code, screen } = await inTerminal(words(args), { env: { ...ENV, ...env } })
      expect(screen).not.toContain(COLOUR)
      expect(code).toBe(0)
    }
  })

  it('a narrow one has whole lines: rows with fewer columns, errors broken at blanks, and the address of an error', async () => {
    const nodes = await inTerminal(words(['nodes', 'SERVICE']), { env: ENV, columns: 40 })
    expect(plainly(nodes.screen)).toMatch(/^node +latency\s+erl-1@my-service\.test {2}[\d.]+ ms {2,}up\n1 of 1 up\n$/)
    const args = ['ping', `nobody@${SERVICE}`, ...peer.dns]
    const { code, screen } = await inTerminal(args, { env: ENV, columns: 60 })
    const lines = plainly(screen).split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^https:\/\/.*\/docs\/errors\.md#EPMD_NOT_FOUND$/))
    for (const line of lines.filter((one) => !one.startsWith('https:'))) expect(line.length).toBeLessThanOrEqual(60)
    expect(code).toBe(1)
    const raised = await inTerminal(['eval', peer.name, ...peer.dns, '1 / 0'], { env: ENV, columns: 60 })
    expect(plainly(raised.screen)).toMatch(/^dynsrv eval: .*badarith.*\n {4}erlang:'\/'\/2\n/s)
  })
})
