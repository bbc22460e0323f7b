import { once } from 'node:events'
import { ErlEpmd, startEpmdServer } from '@dynsrv/epmd-shim'
import { atom, inspect, type Pid, type Term, type Tuple, tuple } from '@dynsrv/etf'
import { type Node, startNode, type TlsOptions } from '@dynsrv/node'
import { type Beam, startErl } from '@dynsrv/tools/beam'
import { makeCertificate, tlsDistArgs } from '@dynsrv/tools/certificates'
import { INSTALLED_RELEASE, OTP_SUITES, type OtpSuite, otpRelease } from '@dynsrv/tools/otp-release'
import { expect, it } from 'vitest'
import { eventually } from '../eventually.ts'

const COOKIE = 'matrix-cookie'
const PATIENCE = { timeoutMs: 20_000 }
/** More than the fragments of any release hold, and more than a socket takes at once. */
const BIG = 3_000_000

/** What a process of the Erlang node does for us: it ends as it is told. */
const OBEDIENT = 'spawn(fun() -> receive {stop, Why} -> exit(Why) end end)'

interface Pair {
  readonly beam: Beam
  readonly ours: Node
  /** Evaluates on the Erlang node with our name as `Ours`. */
  readonly ask: (expression: string) => Promise<string>
}

async function joinsInBothRoles({ beam, ours, ask }: Pair): Promise<void> {
  await ours.connect(beam.name)
  expect(await ours.ping(beam.name)).toBe('pong')
  await ours.disconnect(beam.name)
  await eventually(() => ask('nodes(connected)'), '[]')
  const up = once(ours, 'nodeup', { signal: AbortSignal.timeout(20_000) })
  expect(await ask('net_adm:ping(Ours)')).toBe('pong')
  expect(await up).toMatchObject([{ node: beam.name, direction: 'incoming' }])
}

async function callsAndServes({ beam, ours, ask }: Pair): Promise<void> {
  using _counter = ours.serve<number>({
    name: 'counter',
    init: () => 1,
    call: (by, server) => {
      server.state += by as number
      return server.state
    },
  })
  expect(await ask('gen_server:call({counter, Ours}, 2, 20000)')).toBe('3')
  // Which form a state is answered in depends on the release.
  expect(await ask('sys:get_state({counter, Ours}, 20000)')).toBe('3')
  await expect(ask('gen_server:call({nobody, Ours}, hello)')).rejects.toThrow(/noproc/)
  await beam.eval(`register(echo, spawn(fun Loop() ->
    receive {'$gen_call', From, Request} -> gen_server:reply(From, {echo, Request}), Loop() end end))`)
  const answer = await ours.call({ name: 'echo', node: beam.name }, atom('hello'), PATIENCE)
  expect(inspect(answer)).toBe('{echo,hello}')
  const missing = ours.call({ name: 'nobody', node: beam.name }, atom('hello'), PATIENCE)
  await expect(missing).rejects.toMatchObject({ code: 'NODE_NO_PROCESS' })
}

async function runsFunctionsThereAndHere({ beam, ours, ask }: Pair): Promise<void> {
  expect(await ours.rpc(beam.name, 'erlang', 'abs', [-7], PATIENCE)).toBe(7)
  expect(await ours.erpc(beam.name, 'erlang', 'abs', [-8], PATIENCE)).toBe(8)
  const raised = ours.erpc(beam.name, 'erlang', 'error', [atom('oops')], PATIENCE)
  await expect(raised).rejects.toMatchObject({ class: 'error', reason: atom('oops') })
  const inbox = ours.mailbox()
  using _module = ours.expose('js', {
    add: (a: number, b: number) => a + b,
    tell: (what: Term) => {
      ours.send(inbox.pid, what)
      return null
    },
  })
  expect(await ask('rpc:call(Ours, js, add, [1, 2], 20000)')).toBe('3')
  expect(await ask('erpc:call(Ours, js, add, [3, 4], 20000)')).toBe('7')
  expect(await ask('{badrpc, {\'EXIT\', {undef, _}}} = rpc:call(Ours, os, cmd, ["true"], 20000), denied')).toBe(
    'denied',
  )
  const spawned = await ask(`R = spawn_request(Ours, js, tell, [spawned], [monitor]),
    receive {spawn_reply, R, ok, Pid} -> receive {'DOWN', R, process, Pid, Why} -> {node(Pid), Why} end end`)
  expect(spawned).toBe(`{'${ours.self}',normal}`)
  expect(await inbox.receive(PATIENCE)).toBe(atom('spawned'))
  inbox.close()
}

async function linksAndWatches({ beam, ours, ask }: Pair): Promise<void> {
  using mailbox = ours.mailbox({ name: 'watcher', trapExit: true })
  const obedient = async (): Promise<Pid> => {
    await ask(`{watcher, Ours} ! ${OBEDIENT}`)
    return mailbox.receive(PATIENCE) as Promise<Pid>
  }
  const watched = await obedient()
  const ref = mailbox.monitor(watched)
  mailbox.send(watched, tuple(atom('stop'), tuple(atom('done'), 1)))
  expect(((await mailbox.receive(PATIENCE)) as Tuple).elements).toStrictEqual([
    atom('DOWN'),
    ref,
    atom('process'),
    watched,
    tuple(atom('done'), 1),
  ])

  const linked = await obedient()
  mailbox.link(linked)
  mailbox.send(linked, tuple(atom('stop'), atom('crashed')))
  expect(((await mailbox.receive(PATIENCE)) as Tuple).elements).toStrictEqual([atom('EXIT'), linked, atom('crashed')])

  const left = await obedient()
  mailbox.link(left)
  mailbox.unlink(left)
  const end = mailbox.monitor(left)
  mailbox.send(left, tuple(atom('stop'), atom('crashed')))
  // The monitor's message is the only one, also after a further round trip: the link is gone on both sides.
  expect(((await mailbox.receive(PATIENCE)) as Tuple).elements[1]).toStrictEqual(end)
  await ours.erpc(beam.name, 'erlang', 'node', [], PATIENCE)
  expect(mailbox.length).toBe(0)

  // The same, asked for by the other side.
  await ask(`register(asker, spawn(fun() ->
    process_flag(trap_exit, true), {watcher, Ours} ! self(),
    receive {ends, Pid} -> R = monitor(process, Pid), link(Pid), {watcher, Ours} ! linked,
      receive {'EXIT', Pid, Why} -> receive {'DOWN', R, process, Pid, Why} -> {watcher, Ours} ! {both, Why} end end
    end end))`)
  const asker = (await mailbox.receive(PATIENCE)) as Pid
  const ending = ours.mailbox()
  mailbox.send(asker, tuple(atom('ends'), ending.pid))
  expect(await mailbox.receive(PATIENCE)).toBe(atom('linked'))
  ending.exit(atom('finished'))
  expect(inspect(await mailbox.receive(PATIENCE))).toBe('{both,finished}')
}

async function sharesGroups({ beam, ours, ask }: Pair): Promise<void> {
  await beam.eval('spawn(fun() -> pg:start(pg), receive stop -> ok end end), ok')
  await eventually(() => beam.eval('is_pid(whereis(pg))'), 'true')
  await beam.eval(`pg:join(room, ${OBEDIENT})`)
  const pg = ours.pg()
  await eventually(() => pg.members(atom('room')).map(({ node }) => String(node)), [beam.name], { patienceMs: 20_000 })
  using mailbox = ours.mailbox()
  pg.join(atom('room'), mailbox)
  await eventually(
    () => ask('lists:sort([node(P) || P <- pg:get_members(room)]) =:= lists:sort([node(), Ours])'),
    'true',
    {
      patienceMs: 20_000,
    },
  )
}

async function carriesBigMessages({ beam, ours, ask }: Pair): Promise<void> {
  const big = new Uint8Array(BIG).fill(7)
  expect(await ours.erpc(beam.name, 'erlang', 'byte_size', [big], PATIENCE)).toBe(BIG)
  using mailbox = ours.mailbox('big')
  // Two at once, so that their fragments may take turns on the wire.
  await ask(`[spawn(fun() -> {big, Ours} ! {N, binary:copy(<<N>>, ${BIG})} end) || N <- [1, 2]], ok`)
  const whole: Record<number, boolean> = {}
  for (let n = 0; n < 2; n++) {
    const [number, bytes] = ((await mailbox.receive(PATIENCE)) as Tuple).elements as [number, Uint8Array]
    whole[number] = bytes.length === BIG && bytes.every((byte) => byte === number)
  }
  expect(whole).toStrictEqual({ 1: true, 2: true })
}

const CHECKS = [
  joinsInBothRoles,
  callsAndServes,
  runsFunctionsThereAndHere,
  linksAndWatches,
  sharesGroups,
  carriesBigMessages,
]

const certificate = makeCertificate()
const { cert, key, ca } = certificate
const tls: TlsOptions = { cert, key, ca, requestCert: true, rejectUnauthorized: true }

/**
 * Every kind of message, over TCP and TLS, with a BEAM node of each suite; undefined is the release on the PATH. Slow where
 * the release is fetched first, which happens once on a machine.
 */
export function testMessages(suites: readonly (OtpSuite | undefined)[]): void {
  const transports = suites.flatMap((suite) => {
    const release = suite === undefined ? INSTALLED_RELEASE : OTP_SUITES[suite]
    return [
      { suite, release, over: 'TCP', args: [], options: {} },
      { suite, release, over: 'TLS', args: tlsDistArgs(certificate), options: { tls } },
    ]
  })
  it.each(
    transports,
  )('OTP $release over $over joins, calls, serves, links, watches, runs functions, shares groups, carries big messages', async ({
    suite,
    release,
    args,
    options,
  }) => {
    await using epmd = await startEpmdServer({ port: 0 })
    await using beam = await startErl({
      name: 'beam@127.0.0.1',
      cookie: COOKIE,
      args: ['-start_epmd', 'false', ...args],
      env: { ERL_EPMD_PORT: String(epmd.port) },
      program: suite === undefined ? 'erl' : (await otpRelease(suite)).erl,
    })
    expect(await beam.eval('erlang:system_info(otp_release)')).toBe(`"${release}"`)
    await using ours = await startNode({
      name: 'ours@127.0.0.1',
      cookie: COOKIE,
      epmd: new ErlEpmd({ epmdPort: epmd.port }),
      listen: { port: 0, host: '127.0.0.1' },
      ...options,
    })
    const pair: Pair = { beam, ours, ask: (expression) => beam.eval(`Ours = '${ours.self}', ${expression}`) }
    for (const check of CHECKS) await check(pair)
    expect(beam.output()).not.toMatch(/unexpected|badmatch|CRASH/)
  }, 240_000)
}
