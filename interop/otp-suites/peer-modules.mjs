// What OTP's suites call on a peer node, by a node of ours.
import { Atom, atom, decodeFirst, equals, Pid, Tuple, tuple } from '@dynsrv/etf'
import { RemoteError } from '@dynsrv/node'
import { answers, note } from './our-node.mjs'

const OK = atom('ok')

/** The modules that a peer of the suites has: functions by name and number of arguments. */
export function peerModules(node) {
  const scopes = new Map()
  const scopeOf = (name) => {
    const scope = scopes.get(name.name)
    if (scope === undefined) throw new RemoteError('exit', tuple(atom('noproc'), []))
    return scope
  }
  const members = (pids) => (Array.isArray(pids) ? pids : [pids])
  const ask = (to, request) => systemCall(node, to, request)
  const nodes = () => node.connected().map((peer) => atom(peer))

  return {
    erlang: {
      'apply/2': () => new Promise(() => undefined),
      'halt/0': () => process.exit(0),
      'node/0': () => atom(node.self),
      'nodes/0': nodes,
      'nodes/1': nodes,
      'send/2': (to, message) => {
        node.send(recipient(to), message)
        return message
      },
      'spawn/1': () => node.mailbox().pid,
      'whereis/1': (name) => node.whereis(name.name) ?? undefined,
    },
    gen_server: {
      'stop/1': (server) => {
        const found = [...scopes].find(([name, { pid }]) =>
          server instanceof Atom ? server.name === name : equals(server, pid),
        )
        if (found === undefined) throw new RemoteError('exit', tuple(atom('noproc'), []))
        found[1].scope.close()
        scopes.delete(found[0])
        return OK
      },
    },
    net_adm: { 'ping/1': async (peer) => atom((await answers(node, peer.name, 2_000)) ? 'pong' : 'pang') },
    net_kernel: {
      'connect_node/1': async (peer) => {
        await node.connect(peer.name)
        return true
      },
    },
    pg: {
      'start/1': (name) => {
        const scope = node.pg(name.name)
        const pid = node.whereis(name.name)
        scopes.set(name.name, { scope, pid })
        return tuple(OK, pid)
      },
      'join/3': (name, group, pids) => {
        const { scope } = scopeOf(name)
        // Each stands in front of those before it, and a list stands as it is.
        for (const pid of members(pids).toReversed()) scope.join(group, pid)
        return OK
      },
      'leave/3': (name, group, pids) => {
        const { scope } = scopeOf(name)
        const left = members(pids).filter((pid) => scope.leave(group, pid))
        return left.length > 0 ? OK : atom('not_joined')
      },
      'get_members/2': (name, group) => [...scopeOf(name).scope.members(group)],
      'get_local_members/2': (name, group) => [...scopeOf(name).scope.localMembers(group)],
      'which_groups/1': (name) => [...scopeOf(name).scope.groups()],
    },
    pg_SUITE: {
      // OTP's own code for these runs on Erlang only; this does the same.
      'ensure_peers_info/2': async (scope, peers) => {
        for (const peer of peers) await ask(tuple(scope, peer), tuple(atom('log'), atom('get')))
        return OK
      },
      'stop_proc/1': async (pid) => {
        const killer = node.mailbox()
        killer.monitor(pid)
        killer.exitOther(pid, atom('kill'))
        await killer.receive()
        killer.close()
        return OK
      },
    },
    sys: {
      // The suite gives a fun that asks another scope for its state; what it asks is in the fun's environment.
      'replace_state/2': async (_name, fun) => {
        const [scope, peer] = environmentOf(fun)
        await ask(tuple(scope, peer), atom('get_state'))
        return OK
      },
    },
  }
}

function recipient(to) {
  if (to instanceof Atom) return to.name
  if (to instanceof Tuple) return { name: to.elements[0].name, node: to.elements[1].name }
  return to instanceof Pid ? to : note('no recipient', to)
}

/** What OTP's `sys` does: a system message, and its answer. */
async function systemCall(node, to, request) {
  const asking = node.mailbox()
  const { ref } = node.alias(asking)
  asking.send(recipient(to), tuple(atom('system'), tuple(asking.pid, ref), request))
  const answer = await asking.receive({ timeoutMs: 5_000 })
  asking.close()
  return answer.elements[1]
}

/** Behind the tag of NEW_FUN_EXT: size, arity, uniq, index, and how many terms the environment has. */
const FUN_HEAD_BYTES = 1 + 4 + 1 + 16 + 4
/** Module, old index, old uniq and the pid that made it. */
const TERMS_BEFORE = 4

/** The terms that an Erlang fun took with it. */
function environmentOf({ bytes }) {
  let rest = Buffer.from(bytes.subarray(FUN_HEAD_BYTES))
  let left = TERMS_BEFORE + rest.readUInt32BE()
  rest = rest.subarray(4)
  const terms = []
  for (; left > 0; left--) {
    const first = decodeFirst(Buffer.concat([Buffer.of(131), rest]))
    terms.push(first.value)
    rest = Buffer.from(first.rest)
  }
  return terms.slice(TERMS_BEFORE)
}
