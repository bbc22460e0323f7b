import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, findingOf } from '../finding.ts'
import { CONNECT_FAILED } from '../probes/handshake.ts'
import { type KnockedPeer, knocked } from '../probes/peers.ts'

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

export const D20 = check({
  id: 'D20',
  group: 'port',
  place: 3,
  title: 'somebody listens',
  needs: ['D42'],
  look: (context) => context.get(knocked),
  judge: judgePorts,
})
