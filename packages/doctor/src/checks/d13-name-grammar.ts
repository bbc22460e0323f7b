import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { hostOf } from '../host.ts'
import { type OwnName, ownName } from '../probes/own.ts'
import { words } from '../words.ts'

const TLS_UNDERSCORE = words('DOCTOR_TLS_UNDERSCORE', {
  happened: 'The host of a node name has an underscore, and TLS is used.',
  why: 'Certificates name hosts, and a host name has no underscore. Many checks refuse it.',
  hint: 'Rename the host: use a dash in place of the underscore.',
})

/** D13: a name that no node can have. */
export function judgeGrammar({ parsed, source }: Pick<OwnName, 'parsed' | 'source'>): Finding[] {
  return parsed.ok ? [] : [findingOf(parsed.error, 'error', { evidence: [`it comes from ${source}`] })]
}

function judgeUnderscore({ host, tls }: { readonly host: string; readonly tls: boolean }): Finding[] {
  if (!tls || !host.includes('_')) return []
  return [finding('warning', TLS_UNDERSCORE, `the host ${identifier(host)} has an underscore, and TLS is used`)]
}

export const D13 = check({
  id: 'D13',
  group: 'self',
  place: 1,
  title: 'our name follows the grammar',
  words: [TLS_UNDERSCORE],
  look: async (context) => ({ own: await context.get(ownName), tls: context.options.tls !== undefined }),
  judge: ({ own, tls }) => [...judgeGrammar(own), ...judgeUnderscore({ host: hostOf(own.text), tls })],
})
