import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { membersOf, nodeOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { DUPLICATE_NAME } from './d14-duplicate-names.ts'

/** C06: one name for several containers. */
export function judgeComposeDuplicates(file: ComposeFile): Finding[] {
  const byName = new Map<string, string[]>()
  for (const one of membersOf(file)) {
    const node = nodeOf(one)
    if (node === undefined) continue
    const copies = Array.from({ length: Math.min(one.replicas, 2) }, () => one.name)
    byName.set(node.text, [...(byName.get(node.text) ?? []), ...copies])
  }
  return [...byName].flatMap(([text, names]) =>
    names.length < 2
      ? []
      : [
          finding(
            'error',
            DUPLICATE_NAME,
            `${identifier(text)} is the name of several containers: ${[...new Set(names)].map(identifier).join(', ')}`,
          ),
        ],
  )
}

export const C06 = check({
  id: 'C06',
  group: 'compose',
  place: 6,
  title: 'one name for each container',
  needs: ['C01'],
  look: soundCompose,
  judge: ({ read }) => judgeComposeDuplicates(read),
})
