import { identifier } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, findingOf } from '../finding.ts'
import { isUnconnected } from '../probes/handshake.ts'
import { type KnockedPeer, knocked } from '../probes/peers.ts'

const HINTS: Readonly<Record<string, string>> = {
  NODE_REFUSED:
    'Is the node running? If so, it listens on another port or address: compare ERL_DIST_PORT with its SRV record, and check inet_dist_use_interface.',
  NODE_CONNECT_TIMEOUT:
    'Something on the way drops the packets: a firewall, a security group, a NetworkPolicy, or a Consul intention. Open the distribution port between the nodes.',
  NODE_UNREACHABLE: 'This machine has no route to the address: the peer is on another network.',
}

const IPV6_HINT =
  'Give its host an A record with its IPv4 address, or start all nodes with -proto_dist inet6_tcp. If they are, check that this one runs and that its port is open.'

/** D20: peers that cannot be connected at any address. */
export function judgePorts(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    const failures = knocks.flatMap(({ answer }) => (answer.ok ? [] : [answer.error]))
    if (knocks.length === 0 || failures.length < knocks.length) return []
    if (!failures.every(isUnconnected)) return []
    // A refusal says more than silence: the machine is there.
    const first = failures.find((error) => codeOf(error) === 'NODE_REFUSED') ?? failures[0]
    const here = knocks.map(({ ip }) => ip).filter((ip) => ip.startsWith('127.') || ip === '::1')
    const onlyIpv6 = knocks.every(({ family }) => family === 6)
    const evidence = [
      ...(here.length === 0
        ? []
        : [`${here.join(', ')} is loopback: on every machine it leads to that machine itself`]),
      ...(onlyIpv6 ? ['DNS has only IPv6 addresses, and Erlang nodes listen on IPv4 by default'] : []),
    ]
    const { message, ...found } = findingOf(first, 'error', { node: name, evidence })
    return [
      {
        ...found,
        message: `${identifier(name)} at ${message}`,
        hint: onlyIpv6 ? IPV6_HINT : (HINTS[found.code] ?? found.hint),
      },
    ]
  })
}

export const D20 = check({
  id: 'D20',
  group: 'port',
  place: 3,
  title: 'a node listens',
  needs: ['D42'],
  look: (context) => context.get(knocked),
  judge: judgePorts,
})
