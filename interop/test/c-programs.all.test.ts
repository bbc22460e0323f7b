import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import {
  atom,
  BitString,
  charlist,
  ExternalFun,
  Float,
  inspect,
  type Pid,
  type Reference,
  type Term,
  type Tuple,
  tuple,
} from '@dynsrv/etf'
import { type Mailbox, type Node, startNode } from '@dynsrv/node'
import { fetchOtpSuites, startEpmd, suitePlace } from '@dynsrv/tools/otp-suites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CProgram, compilePrograms } from '../otp-suites/c-program.ts'
import { eiAccept } from '../otp-suites/ei-accept.ts'
import { eiConnect } from '../otp-suites/ei-connect.ts'

// OTP's own C programs, unmodified, with a node of ours where their suites have an Erlang node.
const COOKIE = 'c-programs'
const OURS = 'ours@localhost'
const RECEIVE = { timeoutMs: 20_000 }

let epmd: Awaited<ReturnType<typeof startEpmd>>
let node: Node
let connectPrograms: string
let acceptPrograms: string
const env = () => ({ ERL_EPMD_PORT: String(epmd.port) })

beforeAll(async () => {
  const otp = fetchOtpSuites()
  connectPrograms = compilePrograms({ suite: eiConnect, commanded: 'ei_connect_test', many: 'einode' }, suitePlace(otp))
  acceptPrograms = compilePrograms({ suite: eiAccept, commanded: 'ei_accept_test', many: 'eiaccnode' }, suitePlace(otp))
  epmd = await startEpmd(otp)
  // The programs call themselves after this machine, and listen on every address.
  const lookup = async () => [{ ip: '127.0.0.1', family: 4 as const }]
  node = await startNode({
    name: OURS,
    shortNames: true,
    cookie: COOKIE,
    epmd: new ErlEpmd({ epmdPort: epmd.port, lookup }),
    decode: { float: 'boxed' },
  })
}, 300_000)

afterAll(async () => {
  await node?.close()
  await epmd?.[Symbol.asyncDispose]()
})

describe('a C program that connects to us', () => {
  async function connected(): Promise<{ program: CProgram; fd: Term; self: Pid }> {
    const program = new CProgram(join(connectPrograms, 'ei_connect_test'), env())
    expect(await program.command('ei_connect_init', 42, atom(COOKIE), 0, atom('default'))).toBe(0)
    const answer = (await program.command('ei_connect', atom(OURS))) as Tuple
    expect(answer.elements[0]).toBeGreaterThanOrEqual(0)
    return { program, fd: answer.elements[0]!, self: (await program.command('ei_self')) as Pid }
  }

  it.each<[string, (mailbox: Mailbox) => Term]>([
    ['atoms and tuples', () => tuple(atom('a'), atom('message'))],
    ['our pid', ({ pid }) => pid],
    [
      'funs and bit strings',
      () => tuple(new ExternalFun(atom('lists'), atom('map'), 2), new BitString(Uint8Array.of(1, 2, 24), 5)),
    ],
  ])('sends %s to a pid', async (_what, messageFor) => {
    const { program, fd } = await connected()
    await using _program = program
    using mailbox = node.mailbox()
    const message = messageFor(mailbox)
    expect(await program.command('ei_send', fd, mailbox.pid, message)).toStrictEqual(tuple(0, expect.anything()))
    expect(inspect(await mailbox.receive(RECEIVE))).toBe(inspect(message))
    await program.finish()
  })

  it('formats a pid of ours, which comes back the same', async () => {
    const { program, fd } = await connected()
    await using _program = program
    using mailbox = node.mailbox()
    await program.command('ei_format_pid', fd, mailbox.pid)
    expect(await mailbox.receive(RECEIVE)).toStrictEqual(mailbox.pid)
    await program.finish()
  })

  it.each([3, 32 * 1024 * 1024])('sends %i bytes to a name', async (length) => {
    const { program, fd } = await connected()
    await using _program = program
    using mailbox = node.mailbox('a_strange_registered_name')
    const message = tuple(atom('another'), [atom('strange')], new Uint8Array(length))
    await program.command('ei_reg_send', fd, atom('a_strange_registered_name'), message)
    const received = (await mailbox.receive({ timeoutMs: 60_000 })) as Tuple
    expect((received.elements[2] as Uint8Array).length).toBe(length)
    await program.finish()
  })

  it('calls an exposed function', async () => {
    using _exposed = node.expose('ei_connect_SUITE', { 'rpc_test/1': (text: number[]) => text.toReversed() })
    const { program, fd, self } = await connected()
    await using _program = program
    const called = tuple(atom('ei_connect_SUITE'), atom('rpc_test'))
    expect(await program.command('ei_rpc', fd, self, called, [charlist('!edalg ud jeH')])).toStrictEqual(
      charlist('Hej du glade!'),
    )
    await program.finish()
  })

  it.each(['ei_make_refs', 'ei_make_pids'])('%s: a thousand identifiers, all different', async (command) => {
    const { program, fd, self } = await connected()
    await using _program = program
    using mailbox = node.mailbox()
    await program.command(command, fd, mailbox.pid)
    const [peer, made] = ((await mailbox.receive(RECEIVE)) as Tuple).elements as [Term, (Pid | Reference)[]]
    expect(peer).toBe(self.node)
    expect(made.every((each) => each.node === peer)).toBe(true)
    expect(new Set(made.map((each) => inspect(each))).size).toBe(made.length)
    await program.finish()
  })

  it('sees a link of ours, that we take it back, and how we end', async () => {
    const { program, fd, self } = await connected()
    await using _program = program
    const mailbox = node.mailbox()
    const signal = async (kind: string, extra: string) =>
      expect(await program.command('ei_recv_signal', fd, atom(kind), mailbox.pid, self, atom(extra))).toStrictEqual(
        tuple(0, expect.anything()),
      )
    mailbox.link(self)
    await signal('link', 'undefined')
    mailbox.unlink(self)
    await signal('unlink', 'undefined')
    mailbox.link(self)
    mailbox.exit(atom('bang'))
    await signal('link', 'undefined')
    await signal('exit', 'bang')
    await program.finish()
  })

  it('in fifteen threads, each a node of its own', async () => {
    const mailboxes = Array.from({ length: 15 }, (_, index) => node.mailbox(`mth${index}`))
    const program = spawn(join(connectPrograms, 'einode'), [COOKIE, '15', OURS], { env: { ...process.env, ...env() } })
    const texts = await Promise.all(mailboxes.map((mailbox) => mailbox.receive(RECEIVE)))
    expect(texts).toStrictEqual(mailboxes.map((_, index) => charlist(`ei${index}`)))
    for (const mailbox of mailboxes) mailbox.close()
    if (program.exitCode === null) await once(program, 'exit')
  })
})

describe('a C program that we connect to', () => {
  const PORT = 6_544
  const peer = `c42@${hostname().split('.')[0]}`
  const any = { name: 'any', node: peer }

  async function published(): Promise<{ program: CProgram; listening: Term }> {
    const program = new CProgram(join(acceptPrograms, 'ei_accept_test'), env())
    expect(await program.command('ei_connect_init', 42, atom(COOKIE), 0, 0, atom('default'))).toBe(0)
    const [listening, registered] = ((await program.command('ei_publish', PORT)) as Tuple).elements
    expect(registered).toBeGreaterThanOrEqual(0)
    return { program, listening: listening! }
  }

  const TERMS = (mailbox: Mailbox): Term[] => [
    tuple(atom('call'), mailbox.pid, charlist('Test')),
    new BitString(Uint8Array.of(128), 1),
    new ExternalFun(atom('lists'), atom('map'), 2),
    new Float(1),
    2n ** 150n,
    new Map<Term, Term>([[tuple(1), [new Uint8Array([1, 2])]]]),
    node.alias(mailbox).ref,
  ]

  it('gets what we sent before the link was up, and after', async () => {
    const { program, listening } = await published()
    await using _program = program
    using mailbox = node.mailbox()
    const terms = TERMS(mailbox)
    for (const term of terms) mailbox.send(any, term)
    const [fd, , name] = ((await program.command('ei_accept', listening)) as Tuple).elements
    expect(name).toBe(atom(OURS))
    for (const term of terms) expect(inspect(await program.command('ei_receive', fd!))).toBe(inspect(term))
    for (const term of terms) mailbox.send(any, term)
    for (const term of terms) expect(inspect(await program.command('ei_receive', fd!))).toBe(inspect(term))
    await program.finish()
  })

  it('is watched here, since it knows no monitors: its end is a DOWN, and nothing before', async () => {
    const { program, listening } = await published()
    await using _program = program
    using mailbox = node.mailbox()
    const first = mailbox.monitor(any)
    mailbox.send(any, atom('hello'))
    const [fd] = ((await program.command('ei_accept', listening)) as Tuple).elements
    expect(await program.command('ei_receive', fd!)).toBe(atom('hello'))
    const second = mailbox.monitor(any)
    mailbox.send(any, atom('hello'))
    expect(await program.command('ei_receive', fd!)).toBe(atom('hello'))
    expect(mailbox.length).toBe(0)
    await program.finish()
    const down = (ref: Reference) =>
      tuple(atom('DOWN'), ref, atom('process'), tuple(atom('any'), atom(peer)), atom('noconnection'))
    const ends = [await mailbox.receive(RECEIVE), await mailbox.receive(RECEIVE)]
    expect(ends.map((end) => inspect(end)).sort()).toStrictEqual(
      [first, second].map((ref) => inspect(down(ref))).sort(),
    )
  })

  it('in three threads, each a node of its own', async () => {
    const program = spawn(join(acceptPrograms, 'eiaccnode'), [COOKIE, '3', 'default'], {
      cwd: acceptPrograms,
      env: { ...process.env, ...env() },
    })
    const host = peer.split('@')[1]!
    using mailbox = node.mailbox()
    const asked = new ErlEpmd({ epmdPort: epmd.port })
    const names = ['eiacc0', 'eiacc1', 'eiacc2']
    await expect
      .poll(async () => (await asked.names('127.0.0.1')).map(({ name }) => name))
      .toStrictEqual(expect.arrayContaining(names))
    for (const name of names) mailbox.send({ name: 'any', node: `${name}@${host}` }, mailbox.pid)
    const answers = [await mailbox.receive(RECEIVE), await mailbox.receive(RECEIVE), await mailbox.receive(RECEIVE)]
    expect(answers.map((answer) => (answer as Tuple).elements[0]).sort()).toStrictEqual([0, 1, 2])
    if (program.exitCode === null) await once(program, 'exit')
  })
})
