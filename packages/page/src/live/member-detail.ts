import type { LastLookup } from '@dynsrv/cluster'
import type { PeerState } from '@dynsrv/node'
import { nodeOf } from './describe-topology.ts'
import type { PageChange, PageMemberDetail, PageMemberSample } from './page-state.ts'

/** What is known of a member, from several places. */
interface MemberParts {
  readonly name: string
  readonly peer: PeerState | undefined
  readonly runs: string
  readonly samples: readonly PageMemberSample[]
  readonly changes: readonly PageChange[]
  readonly lookups: ReadonlyMap<string, LastLookup>
}

/** Brings together what the page shows of one member. */
export function memberDetail({ name, peer, runs, samples, changes, lookups }: MemberParts): PageMemberDetail {
  const link = peer?.state === 'connected' ? peer : undefined
  return {
    ...{ name, runs, samples, changes },
    announced: link?.announced ?? [],
    creation: link?.creation ?? null,
    sentMessages: link?.sentMessages ?? null,
    receivedMessages: link?.receivedMessages ?? null,
    sentBytes: link?.sentBytes ?? null,
    receivedBytes: link?.receivedBytes ?? null,
    queuedBytes: link?.queuedBytes ?? null,
    addresses: [...new Set([...lookups.values()].flatMap((lookup) => addressesOf(name, lookup)))],
  }
}

/** Where an answer says that a member is. */
function addressesOf(name: string, { service, answer }: LastLookup): string[] {
  if (answer === undefined) return []
  return answer.records
    .filter(({ target }) => nodeOf(target, service) === name.toLowerCase())
    .flatMap(({ target, port }) => {
      const found = answer.addresses.get(target.toLowerCase()) ?? []
      if (found.length === 0) return [`${target}:${port}`]
      return found.map(({ address }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`))
    })
}
