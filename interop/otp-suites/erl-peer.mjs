// In the place of `erl`, as OTP's `peer` starts it: a visible node of ours, which the origin controls over distribution,
// or over a TCP connection beside it. What the suites run on a peer is here by name; Erlang funs cannot run.
import { once } from 'node:events'
import net from 'node:net'
import { atom, decode, encode, tuple } from '@dynsrv/etf'
import { RemoteError } from '@dynsrv/node'
import { nodeNamed, note } from './our-node.mjs'
import { peerModules } from './peer-modules.mjs'

process.on('uncaughtException', (error) => {
  note('peer', error)
  process.exit(1)
})

const flags = flagsOf(process.argv.slice(2))
const [name] = flags.get('sname') ?? flags.get('name')
const mayDial = flags.get('kernel')?.join(' ') !== 'dist_auto_connect never'
const node = await nodeNamed(name, {
  cookie: flags.get('setcookie')[0],
  hidden: false,
  preventOverlappingPartitions: false,
  autoConnect: mayDial,
  decode: { float: 'boxed' },
})
const modules = peerModules(node)
for (const [module, functions] of Object.entries(modules)) node.expose(module, functions)

const [origin, port] = flags.get('origin')
if (port === undefined) await overDistribution(decode(Buffer.from(origin, 'base64')))
else overTcp(await connectedTo(origin.split(','), Number(port)))

/** Each flag with what follows it. */
function flagsOf(args) {
  const found = new Map()
  let last = []
  for (const arg of args) {
    if (/^-[a-z]/.test(arg)) {
      last = []
      found.set(arg.slice(1), last)
    } else last.push(arg)
  }
  return found
}

/** Ends with the process that started us. */
async function overDistribution(pid) {
  const watcher = node.mailbox()
  await node.call(pid, atom('group_leader'))
  watcher.monitor(pid)
  watcher.send(pid, tuple(atom('started'), atom(node.self)))
  await watcher.receive()
  process.exit(0)
}

/** A connection to the first address that answers. */
async function connectedTo([host, ...others], port) {
  const socket = net.connect({ host, port })
  try {
    await once(socket, 'connect')
    return socket
  } catch (error) {
    if (others.length === 0) throw error
    return connectedTo(others, port)
  }
}

/** Answers the origin's calls, and ends with its connection. */
function overTcp(socket) {
  let waiting = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE()) {
      const end = 4 + waiting.readUInt32BE()
      // What cannot be answered ends this node, and with it the case of the suite that waits for it.
      obey(socket, decode(waiting.subarray(4, end), { float: 'boxed' }).elements).catch((error) => {
        note('overTcp', error)
        process.exit(1)
      })
      waiting = waiting.subarray(end)
    }
  })
  socket.on('close', () => process.exit(0))
  send(socket, tuple(atom('started'), atom(node.self)))
}

function send(socket, term) {
  const bytes = encode(term)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  socket.write(Buffer.concat([size, bytes]))
}

async function obey(socket, [kind, ...rest]) {
  if (kind.name !== 'call') return
  const [seq, module, name, args] = rest
  const [outcome, value] = await called(module.name, name.name, args)
  send(socket, tuple(atom('reply'), seq, atom(outcome), value))
}

async function called(module, name, args) {
  try {
    const run = modules[module]?.[`${name}/${args.length}`]
    if (run === undefined) throw new RemoteError('error', atom('undef'))
    return ['ok', await run(...args)]
  } catch (error) {
    if (error.code === 'NODE_REMOTE_ERROR') return [error.class, tuple(error.reason, [])]
    note(`${module}:${name}`, error)
    return ['error', tuple(atom('badarg'), [])]
  }
}
