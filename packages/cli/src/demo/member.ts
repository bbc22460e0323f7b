import type { Cluster, ClusterEvent } from '@dynsrv/cluster'
import { reasonText, start } from '@dynsrv/cluster'
import { atom, Pid, Tuple, tuple } from '@dynsrv/etf'
import type { FromMember, MemberSettings, ToMember } from './message.ts'

// The program of one JavaScript member of the demo. It talks to the demo over the channel that `fork` opens and uses
// nothing but this package's public `start`.

const ECHO_TIMEOUT_MS = 5_000

const settings = JSON.parse(process.argv[2] ?? '{}') as MemberSettings
const tell = (message: FromMember) => process.send?.(message)
/** Peers whose record is gone and whose link is being taken down. */
const deregistered = new Set<string>()

try {
  const { name, service, dns, pollingIntervalMs } = settings
  const cluster = await start({ name, service, dns, port: 0, host: '127.0.0.1', pollingInterval: pollingIntervalMs })
  cluster.on((event) => report(cluster, event))
  answerEchoes(cluster).catch(giveUp)
  process.on('message', (message: ToMember) => {
    const work = message.type === 'leave' ? leave(cluster) : echo(cluster, message.to, message.text)
    work.catch(giveUp)
  })
  // The demo is gone: so are we.
  process.once('disconnect', () => leave(cluster).catch(giveUp))
  tell({ type: 'up', port: cluster.port })
} catch (error) {
  giveUp(error)
}

/** Says why and ends: a member that does half of its work would make the demo a lie. */
function giveUp(error: unknown): void {
  tell({ type: 'failed', reason: reasonText(error) })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}

/** Sends `{From, Text}` to the process or mailbox `echo` of a peer, which answers `{echo, Node, Text}`. */
async function echo(cluster: Cluster, to: string, text: string): Promise<void> {
  const mailbox = cluster.node.mailbox()
  try {
    const begun = performance.now()
    mailbox.send({ name: 'echo', node: to }, tuple(mailbox.pid, text))
    const reply = await mailbox.receive({ timeoutMs: ECHO_TIMEOUT_MS })
    const microseconds = Math.round((performance.now() - begun) * 1_000)
    const [, , answer] = reply instanceof Tuple ? reply.elements : []
    tell({
      type: 'echoed',
      text: answer instanceof Uint8Array ? Buffer.from(answer).toString() : String(answer),
      microseconds,
    })
  } catch (error) {
    tell({ type: 'failed', reason: `no answer from ${to}: ${reasonText(error)}` })
  } finally {
    mailbox.close()
  }
}

/** The mailbox `echo`: answers `{From, Text}` with `{echo, Node, Text}`. */
async function answerEchoes(cluster: Cluster): Promise<void> {
  for await (const message of cluster.node.mailbox('echo')) {
    if (!(message instanceof Tuple)) continue
    const [from, text] = message.elements
    if (from instanceof Pid && text !== undefined) {
      cluster.node.send(from, tuple(atom('echo'), atom(cluster.self), text))
    }
  }
}

function report(cluster: Cluster, event: ClusterEvent): void {
  switch (event.type) {
    case 'nodeup':
      tell({ type: 'link', peer: event.node, up: true, links: cluster.members() })
      break
    case 'left':
      deregistered.add(event.node)
      break
    case 'nodedown': {
      const reason = deregistered.delete(event.node) ? 'its record is gone' : reasonText(event.reason)
      tell({ type: 'link', peer: event.node, up: false, reason, links: cluster.members() })
      break
    }
    case 'polled':
      tell({ type: 'polled', failures: 0 })
      break
    case 'discoveryFailed':
      tell({ type: 'polled', failures: event.failures, reason: reasonText(event.cause) })
      break
    case 'deregistered':
      // The record was removed because this node is to leave, as when an orchestrator scales down.
      leave(cluster).catch(giveUp)
      break
    case 'connectFailed':
      tell({ type: 'problem', peer: event.node, reason: reasonText(event.cause) })
      break
    default:
      break
  }
}

async function leave(cluster: Cluster): Promise<void> {
  await cluster.drain()
  if (process.connected) process.disconnect()
}
