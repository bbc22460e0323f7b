import { once } from 'node:events'
import { ErlEpmd, startEpmdServer } from '@dynsrv/epmd-shim'
import { Atom, atom, inspect, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type NodeDown, startNode } from '@dynsrv/node'
import { prepareRabbitMq } from '@dynsrv/tools/rabbitmq'
import { expect, it } from 'vitest'

const COOKIE = 'rabbit-cookie'
const PATIENCE = { timeoutMs: 60_000 }

/** The monitor's word, `{'DOWN', Ref, process, Who, Reason}`, by the watched process. */
const downOf = (who: Term) => (message: Term) =>
  message instanceof Tuple && message.elements[0] === atom('DOWN') && inspect(message.elements[3]) === inspect(who)
const reasonOf = (message: Term) => inspect((message as Tuple).elements[4])

// Slow: RabbitMQ is fetched once, and starts three times, some 10 to 20 s each time.
it('asks and watches a real RabbitMQ, registered in our epmd, while it stops, crashes and comes back', async () => {
  await using epmd = await startEpmdServer({ port: 0 })
  await using rabbit = await prepareRabbitMq({ name: 'rabbit@127.0.0.1', cookie: COOKIE, epmdPort: epmd.port })
  await rabbit.start()
  expect(epmd.nodes().map(({ name }) => name)).toStrictEqual(['rabbit'])
  const { name } = rabbit
  await using node = await startNode({
    name: 'ops@127.0.0.1',
    cookie: COOKIE,
    epmd: new ErlEpmd({ epmdPort: epmd.port }),
    listen: { port: 0, host: '127.0.0.1' },
    decode: { binary: 'text' },
  })

  // Asked: by rpc, by erpc, and as a GenServer client.
  expect(await node.ping(name, PATIENCE)).toBe('pong')
  expect(text(await node.rpc(name, 'rabbit_misc', 'version', [], PATIENCE))).toBe('3.10.8')
  expect(await node.erpc(name, 'rabbit', 'is_running', [], PATIENCE)).toBe(true)
  const status = (await node.erpc(name, 'rabbit', 'status', [], PATIENCE)) as readonly Tuple[]
  expect(text(status.find((entry) => entry.elements[0] === atom('rabbitmq_version'))?.elements[1])).toBe('3.10.8')
  const monitorServer = { name: 'rabbit_node_monitor', node: name }
  expect(await node.call(monitorServer, atom('partitions'), PATIENCE)).toStrictEqual([])
  await expect(node.erpc(name, 'rabbit_vhost', 'assert', ['nowhere'], PATIENCE)).rejects.toMatchObject({
    code: 'NODE_REMOTE_ERROR',
    class: 'throw',
  })

  // A durable queue, its process, and a message through it.
  const queueName = tuple(atom('resource'), '/', atom('queue'), 'orders')
  const declared = (await node.erpc(
    name,
    'rabbit_amqqueue',
    'declare',
    [queueName, true, false, [], atom('none'), 'dynsrv'],
    PATIENCE,
  )) as Tuple
  expect(declared.elements[0]).toBe(atom('new'))
  const pidOf = async (queue: Term) => (await node.erpc(name, 'amqqueue', 'get_pid', [queue], PATIENCE)) as Pid
  const queuePid = await pidOf(declared.elements[1])
  expect(queuePid).toBeInstanceOf(Pid)
  expect(queuePid.node).toBe(atom(name))
  const counted = await node.call(queuePid, tuple(atom('info'), [atom('messages')]), PATIENCE)
  expect(inspect(counted)).toBe('{ok,[{messages,0}]}')

  // Watched through an orderly stop.
  using watcher = node.mailbox()
  watcher.monitor(queuePid)
  watcher.monitor(monitorServer)
  const [down] = (await Promise.all([once(node, 'nodedown'), rabbit.stop()]))[0] as [NodeDown]
  expect(down).toMatchObject({
    node: name,
    reason: { code: expect.stringMatching(/^NODE_CLOSED_BY_PEER|NODE_CONNECTION_LOST$/) },
  })
  expect(reasonOf(await watcher.receive({ ...PATIENCE, match: downOf(queuePid) }))).toBe('shutdown')
  const served = tuple(atom(monitorServer.name), atom(name))
  expect(reasonOf(await watcher.receive({ ...PATIENCE, match: downOf(served) }))).toMatch(/^shutdown|noconnection$/)
  expect(epmd.nodes().map(({ name: alive }) => alive)).toStrictEqual(['ops'])
  await expect(node.connect(name)).rejects.toMatchObject({ code: 'NODE_LOOKUP_FAILED' })

  // Back with its data, in a new incarnation: the old pid is nobody's, the queue has a new one.
  await rabbit.start()
  await node.connect(name)
  watcher.monitor(queuePid)
  expect(reasonOf(await watcher.receive({ ...PATIENCE, match: downOf(queuePid) }))).toBe('noproc')
  const found = (await node.erpc(name, 'rabbit_amqqueue', 'lookup', [queueName], PATIENCE)) as Tuple
  expect(found.elements[0]).toBe(atom('ok'))
  const newPid = await pidOf(found.elements[1])
  expect(newPid.creation).not.toBe(queuePid.creation)

  // A crash: what waits is told at once, and the next start is found again.
  watcher.monitor(newPid)
  const waits = expect(node.erpc(name, 'timer', 'sleep', [600_000], PATIENCE)).rejects.toMatchObject({
    code: 'NODE_NOT_CONNECTED',
  })
  await Promise.all([once(node, 'nodedown'), rabbit.kill()])
  await waits
  expect(reasonOf(await watcher.receive({ ...PATIENCE, match: downOf(newPid) }))).toBe('noconnection')
  await rabbit.start()
  expect(await node.erpc(name, 'rabbit', 'is_running', [], PATIENCE)).toBe(true)
  expect(node.connected()).toStrictEqual([name])
}, 180_000)

/** A charlist as text. */
function text(term: Term): string {
  if (typeof term === 'string') return term
  if (term instanceof Atom) return term.name
  return Array.isArray(term) ? String.fromCodePoint(...(term as number[])) : inspect(term)
}
