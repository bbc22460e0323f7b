import { codeOf } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { type OwnListener, ownListener } from '../probes/own.ts'
import { type KnockedPeer, knocked } from '../probes/peers.ts'

const CONNECT_FAILED = /^NODE_(REFUSED|CONNECT_TIMEOUT|UNREACHABLE)$/

const REMEDIES: Readonly<Record<string, string>> = {
  NODE_REFUSED:
    'Is the node running? If so, it listens on another port or address: compare ERL_DIST_PORT with its SRV record, and look at inet_dist_use_interface.',
  NODE_CONNECT_TIMEOUT:
    'Something on the way drops the packets: a firewall, a security group, a NetworkPolicy, or a Consul intention. Open the distribution port between the nodes.',
  NODE_UNREACHABLE: 'There is no route to this address: the peer is on a network that this machine is not on.',
}

const IPV6_REMEDY =
  'Give its host an A record with its IPv4 address, or start all nodes for IPv6 (-proto_dist inet6_tcp). If they do, check that this one runs and that its port is open.'

/** D20: peers of which no address can be connected. */
export function judgePorts(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    const failures = knocks.flatMap(({ answer }) => (answer.ok ? [] : [answer.error]))
    if (knocks.length === 0 || failures.length < knocks.length) return []
    if (!failures.every((error) => CONNECT_FAILED.test(codeOf(error)))) return []
    // A refusal says more than silence: somebody is there.
    const first = failures.find((error) => codeOf(error) === 'NODE_REFUSED') ?? failures[0]
    const here = knocks.map(({ ip }) => ip).filter((ip) => ip.startsWith('127.') || ip === '::1')
    const onlyIpv6 = knocks.every(({ family }) => family === 6)
    const evidence = [
      ...(here.length === 0 ? [] : [`${here.join(', ')} leads from every machine to that machine itself`]),
      ...(onlyIpv6 ? ['DNS has IPv6 addresses alone; an Erlang node listens on IPv4 unless told otherwise'] : []),
    ]
    const { message, ...found } = findingOf(first, 'error', { node: name, evidence })
    return [
      {
        ...found,
        message: `${name} at ${message}`,
        hint: onlyIpv6 ? IPV6_REMEDY : (REMEDIES[found.code] ?? found.hint),
      },
    ]
  })
}

/** D21: our own node listens on loopback only. */
export function judgeLoopback({ port, local, external, published }: OwnListener): Finding[] {
  // Whoever is published at loopback is dialled there: a cluster on one machine.
  if (published.length > 0 && published.every((ip) => ip.startsWith('127.') || ip === '::1')) return []
  const refused = external.filter(({ knock }) => !knock.ok && codeOf(knock.error) === 'NODE_REFUSED')
  if (!local.ok || external.length === 0 || refused.length < external.length) return []
  const evidence = [
    `127.0.0.1:${port} answers as ${local.value.name}`,
    ...refused.map(({ address }) => `${address.ip}:${port} is refused`),
  ]
  return [finding('error', 'DOCTOR_LOOPBACK_ONLY', `our node listens on 127.0.0.1:${port} only`, { evidence })]
}

/** D09: what runs on our port goes by another name. */
export function judgeRunningName({ name, source, port, local }: OwnListener): Finding[] {
  if (!local.ok || local.value.name === name.name) return []
  const evidence = [`127.0.0.1:${port} answers as ${local.value.name}`]
  const message = `${source} is ${name.name}, but the node on port ${port} calls itself ${local.value.name}`
  return [finding('error', 'DOCTOR_NAME_OVERRIDDEN', message, { evidence })]
}

export const PORT_CHECKS: readonly Check[] = [
  check({
    id: 'D09',
    group: 'environment',
    title: 'what runs here has the name that was set',
    needs: ['D42', 'D24'],
    look: async (context) => {
      const own = await context.get(ownListener)
      if (!own.local.ok) throw new NotApplicable('no node runs here')
      return own
    },
    judge: judgeRunningName,
  }),
  check({
    id: 'D21',
    group: 'port',
    title: 'our node listens for others',
    needs: ['D42', 'D24'],
    look: async (context) => {
      const own = await context.get(ownListener)
      if (!own.local.ok) throw new NotApplicable('no node runs here')
      return own
    },
    judge: judgeLoopback,
  }),
  check({
    id: 'D20',
    group: 'port',
    title: 'somebody listens',
    needs: ['D42'],
    look: (context) => context.get(knocked),
    judge: judgePorts,
  }),
]
