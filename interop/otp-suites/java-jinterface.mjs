// The classes of jinterface_SUITE: what each checks of Java's OtpNode and OtpMbox, checked of a node of ours. The numbers
// that they end with are those of OTP's classes.
import { setTimeout as pause } from 'node:timers/promises'
import { FixedPort } from '@dynsrv/epmd-shim'
import {
  Atom,
  atom,
  BitString,
  charlist,
  decode,
  ExternalFun,
  encode,
  equals,
  Float,
  Fun,
  inspect,
  Pid,
  Port,
  Reference,
  tuple,
} from '@dynsrv/etf'
import { countingWorld } from './counting-world.mjs'
import { answers, nodeNamed } from './our-node.mjs'

const HELLO = atom('hello world')
const DONE = atom('done')
const EXACT = { float: 'boxed' }

/** Two nodes that find each other without epmd. */
export async function GenericTransportFactoryTest() {
  const ports = new Map()
  const epmdOf = () => ({
    ...methodsOf(new FixedPort(1)),
    listenPortPlease: () => 0,
    registerNode: async (alive, port) => {
      ports.set(alive, port)
      return { creation: 5 }
    },
    addressPlease: async (alive) => ({
      candidates: [{ ip: '127.0.0.1', family: 4, port: ports.get(alive) }],
      version: 6,
    }),
  })
  const [alice] = await Promise.all(['Alice', 'Bob'].map((alive) => nodeNamed(alive, { epmd: epmdOf() })))
  return (await answers(alice, 'Bob', 2_000)) ? 0 : 1
}

function methodsOf(module) {
  const names = ['startLink', 'listenPortPlease', 'registerNode', 'addressPlease', 'names']
  return Object.fromEntries(names.map((name) => [name, module[name].bind(module)]))
}

/** Sockets of the program's own, for both directions. */
export async function TransportFactoryTest() {
  const { world, made } = countingWorld()
  const [one, other] = [await nodeNamed('one', { world }), await nodeNamed('other')]
  await one.connect(other.self)
  return made.servers > 0 && made.connections > 0 ? 0 : 1
}

export async function Nodename([host]) {
  const { self } = await nodeNamed('javanode')
  const [alive, own] = self.split('@')
  if (own !== host) return 1
  if (alive !== 'javanode') return 2
  return self === `javanode@${host}` ? 0 : 3
}

export async function RegisterAndWhereis() {
  const node = await nodeNamed('javanode')
  const [one, three] = [node.mailbox(), node.mailbox()]
  node.register('mbox1', one.pid)
  const two = node.mailbox('mbox2')
  node.register('mbox3', three.pid)
  for (const [number, name, box] of [
    [1, 'mbox1', one],
    [5, 'mbox2', two],
    [7, 'mbox3', three],
  ]) {
    if (!equals(node.whereis(name), box.pid)) return number
  }
  one.close()
  two.close()
  if (node.whereis('mbox1') !== undefined) return 9
  if (node.whereis('mbox2') !== undefined) return 10
  three.close()
  return node.whereis('mbox3') === undefined ? 0 : 13
}

export async function GetNames() {
  const node = await nodeNamed('javanode')
  node.register('mbox1', node.mailbox().pid)
  node.mailbox('mbox2')
  node.register('mbox3', node.mailbox().pid)
  const { processes } = node.inspect()
  const names = processes.filter(({ kind }) => kind === 'mailbox').flatMap((process) => process.names)
  return names.sort().join() === 'mbox1,mbox2,mbox3' ? 0 : 1
}

export function BooleanAtom() {
  const [yes, no, other] = ['true', 'false', 'somethingelse'].map((name) => decode(encode(atom(name))))
  if (yes !== true) return 1
  if (no !== false) return 2
  return other instanceof Atom ? 0 : 3
}

export function Maps() {
  const rows = [
    [[131, 116, 0, 0, 0, 0], '#{}'],
    [[131, 116, 0, 0, 0, 1, 119, 1, 97, 119, 1, 98], '#{a => b}'],
    [[131, 116, 0, 0, 0, 2, 97, 2, 106, 119, 1, 97, 97, 1], '#{2 => [],a => 1}'],
    [[131, 116, 0, 0, 0, 1, 104, 1, 97, 3, 108, 0, 0, 0, 1, 119, 1, 114, 106], '#{{3} => [r]}'],
  ]
  for (const [index, [bytes, text]] of rows.entries()) {
    const map = decode(Uint8Array.from(bytes))
    if (inspect(map) !== text || Buffer.compare(encode(map), Buffer.from(bytes)) !== 0) return index + 1
  }
  const map = decode(Uint8Array.from(rows[2][0]))
  if (map.size !== 2) return 5
  if (map.get(atom('a')) !== 1) return 6
  if (!equals(map.get(2), [])) return 7
  return map.get(1) === undefined ? 0 : 8
}

/** Two funs that were read from the same bytes. */
export function FunEquals() {
  const pid = encode(new Pid(atom('here'), 4, 5, 0)).subarray(1)
  const rest = [encode(atom('mod')), encode(1), encode(2), pid, encode(atom('hej')), encode(9)]
  const body = Buffer.concat([
    Buffer.from([2]),
    Buffer.alloc(16, 7),
    Buffer.from([0, 0, 0, 2, 0, 0, 0, 2]),
    ...rest.map((bytes) => (bytes === pid ? bytes : bytes.subarray(1))),
  ])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(body.length + 4)
  const bytes = Buffer.concat([Buffer.from([131, 112]), size, body])
  const [one, other] = [decode(bytes), decode(Buffer.from(bytes))]
  return one instanceof Fun && one !== other && equals(one, other) ? 0 : 1
}

export async function NodePing([cookie, peer]) {
  const one = await nodeNamed('javanode1')
  const two = await nodeNamed('javanode2', { cookie })
  let secret = 'faultycookie'
  const three = await nodeNamed('javanode3', { cookie: () => secret })
  for (const [number, node, remote, expected] of [
    [1, one, peer, true],
    [2, one, one.self, true],
    [3, one, 'javanode1', true],
    [4, two, peer, true],
    [5, two, 'javanode1', true],
    [6, two, one.self, true],
    [7, three, peer, false],
  ]) {
    if ((await answers(node, remote, 2_000)) !== expected) return number
  }
  secret = cookie
  return (await answers(three, peer, 2_000)) ? 0 : 10
}

export async function MboxPing([cookie, peer]) {
  const node = await nodeNamed('javanode', { cookie })
  return (await answers(node, peer, 2_000)) ? 0 : 1
}

/** Longer than Java's two seconds: a busy machine is no fault of the node. */
const RECEIVE_MS = 20_000

export async function MboxSendReceive([cookie, peer]) {
  const node = await nodeNamed('javanode', { cookie, decode: EXACT })
  const [one, two] = [node.mailbox(), node.mailbox('java_echo_server2')]
  const received = (mailbox) => mailbox.receive({ timeoutMs: RECEIVE_MS })
  one.send({ name: 'erl_send_receive_server', node: peer }, one.pid)
  const [tag, erlang] = (await received(one)).elements
  const addressed = (name, message) => tuple(tuple(atom(name), atom(node.self)), message)
  const CASES = [
    async () => {
      node.register('java_echo_server', one.pid)
      one.send(erlang, addressed('java_echo_server', HELLO))
      if ((await received(one)) !== HELLO) return 3
      for (const term of [HELLO, ...termsOf(node)]) {
        two.send(erlang, addressed('java_echo_server2', term))
        if (!equals(await received(two), term)) return 5
      }
    },
    async () => {
      for (const to of [{ name: 'java_echo_server2', node: node.self }, 'java_echo_server2', two.pid]) {
        one.send(to, HELLO)
        if ((await received(two)) !== HELLO) return 7
      }
    },
    async () => {
      const other = await nodeNamed('javanode2', { cookie })
      const theirs = other.mailbox('mboxOtherNode')
      for (const to of [{ name: 'mboxOtherNode', node: other.self }, theirs.pid]) {
        one.send(to, HELLO)
        if ((await received(theirs)) !== HELLO) return 15
      }
    },
    async () => {
      for (const to of [{ name: 'java_echo_server2', node: node.self }, 'java_echo_server2', two.pid]) {
        two.send(to, HELLO)
        if ((await received(two)) !== HELLO) return 19
      }
    },
  ]
  const failed = await CASES[tag - 1]()
  if (failed !== undefined) return failed
  await sentAll(node, one, erlang, DONE, peer)
}

/** A term of each kind that Java has. */
function termsOf({ self }) {
  const own = atom(self)
  const elements = [atom('atom'), charlist('string'), 17]
  return [
    new BitString(Uint8Array.of(1, 2, 0), 3),
    new Float(2.5),
    new ExternalFun(atom('lists'), atom('length'), 1),
    elements,
    -1742,
    new Map([
      [atom('atom'), charlist('string')],
      [atom('string'), 17],
    ]),
    new Pid(own, 1372, 1742, 98765),
    new Port(own, 1372n, 87654),
    new Reference(own, 76543, [11, 22, 33]),
    charlist('This is an OtpErlangString'),
    tuple(...elements),
  ]
}

/** Sends a last message, and waits until it has gone. */
async function sentAll(node, mailbox, to, message, peer) {
  mailbox.send(to, message)
  await node.drained(peer)
  await node.ping(peer)
}

const TAGS = {
  1: 'linkAndExit',
  2: 'waitForExit',
  3: 'exit',
  4: 'linkAndWait',
  5: 'linkingExits',
  6: 'linkedExits',
  7: 'unlinkedLinkingExits',
  8: 'unlinkedLinkedExits',
  9: 'close',
  11: 'killOther',
  13: 'waitForExit',
  14: 'linkAndExit',
  15: 'waitForExit',
  16: 'relinkAndWait',
  17: 'linkUnlinkAtOnce',
  18: 'linkAtOnce',
}

export async function MboxLinkUnlink([, peer]) {
  const node = await nodeNamed('javanode', { decode: EXACT })
  const [main, mailbox] = [node.mailbox(), node.mailbox()]
  mailbox.send({ name: 'erl_link_server', node: peer }, tuple(main.pid, mailbox.pid))
  const [tag, remote, reason] = (await mailbox.receive({ timeoutMs: RECEIVE_MS })).elements
  const failed = await LINK_CASES[TAGS[tag]]({ node, mailbox, remote, reason })
  if (failed !== undefined) return failed
  main.send({ name: 'erl_link_server', node: peer }, DONE)
  return (await main.receive({ timeoutMs: RECEIVE_MS })) === DONE ? 0 : 12
}

const OK = atom('ok')

const LINK_CASES = {
  async linkAndExit({ mailbox, remote, reason }) {
    mailbox.link(remote)
    mailbox.send(remote, OK)
    mailbox.exit(reason)
  },
  async waitForExit({ node, mailbox, remote, reason }) {
    if (linksOf(node, mailbox) === 0) return 17
    mailbox.send(remote, OK)
    return exits(mailbox, reason)
  },
  async exit({ mailbox, reason }) {
    mailbox.exit(reason)
  },
  async linkAndWait({ mailbox, remote, reason }) {
    mailbox.link(remote)
    mailbox.send(remote, OK)
    return exits(mailbox, reason)
  },
  async relinkAndWait({ node, mailbox, remote, reason }) {
    mailbox.unlink(remote)
    mailbox.unlink(remote)
    mailbox.link(remote)
    if (linksOf(node, mailbox) === 0) return 16
    mailbox.send(remote, OK)
    return exits(mailbox, reason)
  },
  async linkingExits({ node, mailbox, reason }) {
    const other = node.mailbox()
    mailbox.link(other.pid)
    mailbox.exit(reason)
    return exits(other, reason)
  },
  async linkedExits({ node, mailbox, reason }) {
    const other = node.mailbox()
    mailbox.link(other.pid)
    other.exit(reason)
    return exits(mailbox, reason)
  },
  unlinkedLinkingExits: (place) => unlinked(place, ({ other }) => other, 6),
  unlinkedLinkedExits: (place) => unlinked(place, ({ mailbox }) => mailbox, 7),
  async close({ mailbox }) {
    mailbox.close()
  },
  async killOther({ mailbox, remote }) {
    mailbox.exitOther(remote, atom('kill'))
  },
  async linkUnlinkAtOnce({ node, mailbox, remote, reason }) {
    await until(Number(reason))
    mailbox.link(remote)
    mailbox.unlink(remote)
    mailbox.send(remote, CHECK)
    if ((await mailbox.receive({ timeoutMs: RECEIVE_MS })) !== CHECK) return 15
    mailbox.send(remote, linkedOrNot(node, mailbox))
    mailbox.close()
  },
  async linkAtOnce({ node, mailbox, remote, reason }) {
    await until(Number(reason))
    mailbox.link(remote)
    if ((await mailbox.receive({ timeoutMs: RECEIVE_MS })) !== CHECK) return 15
    mailbox.send(remote, CHECK)
    mailbox.send(remote, linkedOrNot(node, mailbox))
    mailbox.close()
  },
}

const CHECK = atom('check_link')

function linkedOrNot(node, mailbox) {
  return atom(linksOf(node, mailbox) > 0 ? 'linked' : 'not_linked')
}

/** How many processes a mailbox is linked to. */
function linksOf(node, { pid }) {
  const own = `<0.${pid.id}.${pid.serial}>`
  return node.inspect().processes.find((process) => process.pid === own).links
}

/** The reason that ends a mailbox has to be this one. */
async function exits(mailbox, reason) {
  const ended = await Promise.race([mailbox.ended, pause(RECEIVE_MS)])
  if (ended === undefined) return 2
  return equals(ended, reason) ? undefined : 10
}

async function unlinked({ node, mailbox, reason }, whoExits, number) {
  const other = node.mailbox()
  mailbox.link(other.pid)
  mailbox.unlink(other.pid)
  mailbox.link(other.pid)
  other.unlink(mailbox.pid)
  const gone = whoExits({ mailbox, other })
  gone.exit(reason)
  await pause(500)
  const left = gone === mailbox ? other : mailbox
  return left.alive ? undefined : number
}

async function until(atMs) {
  await pause(Math.max(0, atMs - Date.now()))
}

export async function NodeStatusHandler([cookie, peer, which]) {
  const reporter = await nodeNamed('javanode', { cookie })
  const mailbox = reporter.mailbox()
  const report = (kind, name, up) =>
    mailbox.send({ name: 'erl_status_server', node: peer }, tuple(atom(kind), charlist(name), up, mailbox.pid))
  const one = await nodeNamed('javanode1', { cookie })
  report('localStatus', one.self, true)
  watch(one, report)
  const CASES = {
    1: async () => {
      await one.close()
      report('localStatus', one.self, false)
    },
    2: async () => {
      const two = await nodeNamed('javanode2', { cookie })
      await answers(two, one.self, 2_000)
      await two.close()
    },
    3: async () => {
      const three = await nodeNamed('javanode3', { cookie: 'othercookie' })
      await answers(three, one.self, 2_000)
      if (!(await answers(one, three.self, 2_000))) report('connAttempt', three.self, false)
    },
  }
  await CASES[which]()
  return (await mailbox.receive({ timeoutMs: RECEIVE_MS })) === DONE ? 0 : 3
}

/** What Java's status handler says, from our events. */
function watch(node, report) {
  node.on('nodeup', ({ node: peer }) => report('remoteStatus', peer, true))
  node.on('nodedown', ({ node: peer }) => report('remoteStatus', peer, false))
  // Java knows no name before the handshake is done.
  node.on('refused', () => report('connAttempt', 'unknown', true))
}
