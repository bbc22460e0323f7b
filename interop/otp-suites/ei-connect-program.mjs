// In the place of the C program `ei_connect_test`.
import { setTimeout as pause } from 'node:timers/promises'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { atom, equals, tuple } from '@dynsrv/etf'
import { answerCommands } from './ei-program.mjs'
import { HOST, nodeNamed } from './our-node.mjs'

/** Peers by the number that stands for a file descriptor of C. */
const peers = []
let node
let self
let traceLevel = 0

const done = tuple(0, 0)

/** What has to have happened to our process. */
const SIGNALS = {
  link: () => linked(1),
  unlink: () => linked(0),
  exit: async (from, reason) => {
    const [, who, why] = (await self.receive({ timeoutMs: 5_000 })).elements
    if (!equals(who, from) || !equals(why, reason)) throw new Error('another exit signal')
  },
}

await answerCommands({
  ei_connect_init: async (number, cookie) => {
    node = await nodeNamed(`c${number}`, { cookie: cookie.name, decode: { float: 'boxed' } })
    self = node.mailbox({ trapExit: true })
    return 0
  },
  ei_connect: (peer) => connected(peer.name),
  ei_connect_host_port: async (host, port) => {
    const names = await new ErlEpmd().names(host.name === HOST ? '127.0.0.1' : host.name)
    return connected(`${names.find((each) => each.port === port).name}@${host.name}`)
  },
  ei_set_get_tracelevel: (level) => {
    traceLevel = level
    return tuple(atom('tracelevel'), traceLevel)
  },
  ei_send: (_fd, to, message) => sent(to, message),
  ei_format_pid: (_fd, to) => sent(to, to),
  ei_send_funs: (_fd, to, message) => sent(to, message),
  ei_reg_send: (fd, name, message) => sent({ name: name.name, node: peers[fd] }, message),
  ei_rpc: (fd, _from, called, args) => {
    const [module, name] = called.elements
    return node.rpc(peers[fd], module.name, name.name, args)
  },
  // An alias is a reference of its own, and sends nothing.
  ei_make_refs: (_fd, to) =>
    sent(
      to,
      tuple(
        atom(node.self),
        manyOf(() => aliasRef()),
      ),
    ),
  ei_make_pids: (_fd, to) => sent(to, tuple(atom(node.self), [self.pid, ...manyOf(() => newPid())])),
  ei_self: () => self.pid,
  ei_recv_signal: async (_fd, kind, from, _to, extra) => {
    await SIGNALS[kind.name](from, extra)
    return done
  },
})

async function connected(peer) {
  await node.connect(peer)
  peers.push(peer)
  return tuple(peers.length - 1, 0)
}

async function sent(to, message) {
  self.send(to, message)
  await Promise.all(peers.map((peer) => node.drained(peer)))
  return done
}

function manyOf(make) {
  return Array.from({ length: 1_000 }, make)
}

function aliasRef() {
  const alias = node.alias(self)
  alias[Symbol.dispose]()
  return alias.ref
}

function newPid() {
  const mailbox = node.mailbox()
  mailbox.close()
  return mailbox.pid
}

async function linked(count) {
  const own = `<0.${self.pid.id}.${self.pid.serial}>`
  for (let left = 250; left > 0; left--) {
    const { links } = node.inspect().processes.find(({ pid }) => pid === own)
    // A link whose other side ended at once is seen by its exit signal.
    if (links === count || (count > 0 && self.length > 0)) return
    await pause(20)
  }
  throw new Error(`not ${count} links`)
}
