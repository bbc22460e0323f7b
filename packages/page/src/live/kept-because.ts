import type { ClusterEvent } from '@dynsrv/cluster'

type HoldReason =
  Extract<ClusterEvent, { type: 'held' }>['nodes'] extends ReadonlyMap<string, infer Reason extends string>
    ? Reason
    : never

const WORDS: Readonly<Record<HoldReason, string>> = {
  empty: 'the answer is empty',
  policy: 'the leave policy keeps it',
  rotating: 'each answer shows only a part of the members',
  share: 'enough others leave at this poll',
  stale: 'the answer is an old one',
  trimmed: 'the answer may be cut',
  unconfirmed: 'no second answer confirmed it',
  unmapped: 'the answer has records, and none of them names a node',
  unusable: 'its record may be there, and cannot be used',
}

/** Why a member that the answer does not name is kept, in words. */
export function keptBecause(reason: string): string {
  return WORDS[reason as HoldReason] ?? reason
}
