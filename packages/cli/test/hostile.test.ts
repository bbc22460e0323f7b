import { encode, tuple } from '@dynsrv/etf'
import { SERVICE } from '@dynsrv/tools/srv-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/commands/all.ts'
import type { DemoEvent } from '../src/demo/demo-event.ts'
import { newsroom } from '../src/demo/views/news.ts'
import { plainView } from '../src/demo/views/plain-view.ts'
import { jsonView } from '../src/demo/views/view.ts'
import { joinJson, joinLines } from '../src/join/join-view.ts'
import { jsonText } from '../src/terminal/output.ts'
import { painter } from '../src/terminal/paint.ts'
import { table } from '../src/terminal/table.ts'
import { faults, HOSTILE, HOSTILE_LINE, hostileDns, hostileEpmd, hostileNode, hostileServer } from './hostile.ts'
import { runMain, startMain } from './main-run.ts'
import { ENV, type Peer, startPeer, temporaryFile } from './peer.ts'

/** A binary with it, as a term on the command line. */
const BYTES = `<<${[...Buffer.from(HOSTILE)].join()}>>`
const PRINTS = `io:put_chars(binary_to_list(${BYTES}))`

/** Runs a command for people and for programs, and looks at all that it writes. */
async function checked(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  forPeople: readonly string[] = [],
): Promise<string> {
  const outputs: string[] = []
  for (const extra of [[], ['--json']]) {
    const { stdout, stderr } = await runMain([...args, ...extra], { ...ENV, ...env })
    const json = extra.length > 0
    expect(faults(stdout, { json }), args.join(' ')).toEqual(json ? [] : forPeople)
    expect(faults(stderr, { json: false }), args.join(' ')).toEqual([])
    outputs.push(stdout, stderr)
  }
  return outputs.join('')
}

/** Runs a command that stays, until it has said something. */
async function stayed(args: readonly string[], says: RegExp, env: Readonly<Record<string, string>> = {}) {
  for (const extra of [[], ['--json']]) {
    const run = startMain([...args, ...extra], { ...ENV, ...env })
    await run.line(says)
    process.emit('SIGTERM')
    await run.ended
    const { stdout, stderr } = run
    expect(faults(stdout, { json: extra.length > 0 }), args.join(' ')).toEqual([])
    expect(faults(stderr, { json: false }), args.join(' ')).toEqual([])
  }
}

/** Every command, and the tests that send hostile text through it. */
const TRIED = new Set<string>()
function tries(...names: readonly string[]): string {
  for (const name of names) TRIED.add(name)
  return names.join(', ')
}

describe('what a stranger writes is shown, and does nothing', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPeer()
  })
  afterAll(() => peer[Symbol.asyncDispose]())

  it(`${tries('call', 'eval', 'cast', 'send', 'types')}: results, reasons, and what the other node prints`, async () => {
    const at = [peer.name, ...peer.dns]
    const result = await checked(['call', ...at, 'erlang', 'binary_to_atom', BYTES])
    expect(result).toContain('forged')
    await checked(['call', ...at, 'erlang', 'binary_to_list', BYTES])
    await checked(['call', ...at, 'lists', 'reverse', `[${BYTES}]`])
    await checked(['call', ...at, 'lists', 'reverse', `[${BYTES}]`, '--syntax', 'json'])
    await checked(['call', ...at, 'erlang', 'error', BYTES])
    await checked(['eval', ...at, `binary_to_atom(${BYTES})`])
    await checked(['eval', ...at, `erlang:throw(binary_to_list(${BYTES}))`])
    // What a program prints for a person may have lines of any text.
    const printed = await checked(['eval', ...at, `${PRINTS}, ok`], {}, ['a forged line'])
    expect(printed).toContain('{"type":"output","node":"erl-1@my-service.test","text":')
    await checked(['cast', ...at, 'erlang', HOSTILE, BYTES])
    await checked(['send', ...at, HOSTILE, BYTES])
    await checked(['call', ...at, HOSTILE, HOSTILE])
    await checked(['types', HOSTILE, '--node', ...at])
    await checked(['types', 'lists', '--beam', await temporaryFile('lists.beam', HOSTILE), '--out', `/none/${HOSTILE}`])
    await checked(['eval', ...at, `1 + "${HOSTILE}"`])
  })

  it(`${tries('names', 'nodes', 'wait', 'ping', 'resolve', 'watch')}: names that an epmd lists`, async () => {
    await using node = await hostileNode('name')
    await using epmd = await hostileEpmd(node.port)
    const env = { ERL_EPMD_PORT: String(epmd.port) }
    const listed = await checked(['names', '--epmd', '127.0.0.1'], env)
    expect(listed).toContain('"e\\u001b[31m')
    await checked(['nodes', '--epmd', '127.0.0.1', '--timeout', '2s'], env)
    await checked(['wait', '--epmd', '127.0.0.1', '--timeout', '500ms'], env)
    await checked(['ping', 'erl-1@127.0.0.1', '--epmd', '--timeout', '1s'], env)
    await checked(['resolve', 'erl-1@127.0.0.1', '--epmd'], env)
    await stayed(['watch', '--epmd', '127.0.0.1', '--timeout', '1s'], /forged/, env)
    await checked(['doctor', '--peer', 'erl-1@127.0.0.1', '--all', '--timeout', '1s'], env)
  })

  it(`${tries('doctor', 'join', 'up')}: records of DNS`, async () => {
    await using node = await hostileNode('name')
    await using dns = await hostileDns(SERVICE, node.port)
    const at = ['--dns', dns.address]
    await checked(['resolve', `erl-1@${SERVICE}`, ...at])
    await checked(['resolve', `nobody@${SERVICE}`, ...at])
    for (const command of ['names', 'nodes']) await checked([command, '--service', SERVICE, ...at, '--timeout', '2s'])
    await checked(['wait', '--service', SERVICE, ...at, '--timeout', '1s'])
    await checked(['ping', `erl-1@${SERVICE}`, ...at, '--timeout', '1s'])
    const found = await checked(['doctor', '--service', SERVICE, ...at, '--all', '--timeout', '1s'])
    expect(found).toContain('forged')
    const own = ['--name', `me@${SERVICE}`, '--port', '0', '--host', '127.0.0.1', '--service', SERVICE]
    await stayed(['join', ...own, ...at], /forged|ignored/)
    await stayed(['up', ...own, '--http', '127.0.0.1:0', ...at], /forged|ignored/)
  })

  it('what listens where a node should be', async () => {
    for (const start of [() => hostileNode('name'), () => hostileNode('status'), hostileServer]) {
      await using server = await start()
      const at = ['--at', `127.0.0.1:${server.port}`, '--timeout', '1s']
      await checked(['ping', `erl-1@${SERVICE}`, ...at])
      await checked(['call', `erl-1@${SERVICE}`, ...at, 'erlang', 'node'])
      await using dns = await hostileDns(SERVICE, server.port)
      await checked(['doctor', '--peer', `erl-1@${SERVICE}`, '--dns', dns.address, '--all', '--timeout', '1s'])
    }
  })

  it(`${tries('decode', 'dns', 'cookie', 'completion', 'epmd')}: files and arguments`, async () => {
    const term = Buffer.from(encode(tuple(HOSTILE, Buffer.from(HOSTILE)))).toString('hex')
    await checked(['decode', term])
    const name = Buffer.from(
      `N${'\0'.repeat(8)}\0\0\x12\x67\0${String.fromCharCode(HOSTILE_LINE.length)}${HOSTILE_LINE}`,
    )
    await checked(['decode', Buffer.concat([Buffer.of(0, name.length), name]).toString('hex')])
    await checked(['decode', Buffer.concat([Buffer.of(0, 4), Buffer.from('s\u001b[2')]).toString('hex')])
    const zone = await temporaryFile('zone.json', JSON.stringify([{ type: HOSTILE, name: HOSTILE, [HOSTILE]: 1 }]))
    await checked(['dns', zone])
    await checked(['dns', await temporaryFile('zone.json', HOSTILE)])
    const compose = `services:\n  ? ${JSON.stringify(HOSTILE)}\n  : { environment: { RELEASE_NODE: ${JSON.stringify(`a@${HOSTILE}`)} } }\n`
    await checked(['doctor', '--compose', await temporaryFile('compose.yml', compose), '--all'])
    await checked(['doctor', '--compose', await temporaryFile('compose.yml', `a: [${HOSTILE}`), '--all'])
    const config = await temporaryFile('dynsrv.config.json', JSON.stringify({ [HOSTILE]: 1, name: HOSTILE }))
    await checked([
      'doctor',
      '--config',
      config,
      '--service',
      SERVICE,
      '--dns',
      '127.0.0.1:1',
      '--timeout',
      '500ms',
      '--all',
    ])
    await checked(['nodes', '--config', config])
    for (const { name: command } of COMMANDS) {
      if (command === 'demo') continue
      await checked([command, HOSTILE, HOSTILE, HOSTILE])
      await checked([command, `--${HOSTILE}`])
      await checked([command, '--service', HOSTILE])
    }
    await checked([HOSTILE])
    await checked(['cookie', 'new', '--file', `/nonexistent/${HOSTILE}`])
  })

  it(`${tries('demo')} and every other view`, () => {
    const paint = painter(true)
    expect(faults(painter(false)([HOSTILE, [HOSTILE, 'bad']]), { json: false })).toEqual([])
    expect(paint([[HOSTILE, 'bad']]).split('\u001b')).toHaveLength(3)
    const [one, other] = table([
      [HOSTILE, 'x'],
      ['y', 'x'],
    ]).map((row) => painter(false)(row))
    expect(one!.length).toBe(other!.length)
    expect(JSON.parse(jsonText({ [HOSTILE]: HOSTILE }))).toEqual({ [HOSTILE]: HOSTILE })
    expect(faults(jsonText({ [HOSTILE]: HOSTILE }), { json: true })).toEqual([])
    const lines: string[] = []
    for (const view of [joinJson((line) => lines.push(line)), joinLines((line) => lines.push(line), painter(false))]) {
      view.printed(HOSTILE, HOSTILE)
      view.leaving(HOSTILE, [HOSTILE])
    }
    const write = (line: string) => void lines.push(line)
    const events: readonly DemoEvent[] = [
      { type: 'link', from: HOSTILE_LINE, to: HOSTILE, up: true },
      { type: 'link', from: HOSTILE_LINE, to: HOSTILE, up: false, reason: HOSTILE },
      { type: 'problem', from: HOSTILE_LINE, to: HOSTILE, reason: HOSTILE },
      { type: 'poll', from: HOSTILE_LINE, failures: 1, reason: HOSTILE },
      { type: 'step', step: 'mesh', state: 'failed', text: HOSTILE },
      { type: 'end', ok: false, text: HOSTILE, seconds: 1 },
    ]
    for (const view of [plainView(write, newsroom()), jsonView(write)]) for (const event of events) view.show(event)
    for (const line of lines) expect(faults(line, { json: false })).toEqual([])
  })

  it('is tried with every command', () => {
    expect(COMMANDS.map(({ name }) => name).filter((name) => !TRIED.has(name))).toEqual([])
  })
})
