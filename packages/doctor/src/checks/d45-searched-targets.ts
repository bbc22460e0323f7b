import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type HostAnswer, hostAnswers } from '../probes/host-answers.ts'
import { words } from '../words.ts'

const TARGET_SEARCHED = words('DOCTOR_TARGET_SEARCHED', {
  happened: 'A search domain has another address for the target of an SRV record, or the only one.',
  why: 'An SRV target is a whole name, and dynsrv asks for it as that. Erlang asks the search domains too, where a wildcard leads to another machine.',
  hint: 'Add an A or AAAA record for the target itself, and remove the wildcard from the search domain, or lower ndots in resolv.conf.',
})

/** D45: targets for which the resolver of the machine asks a search domain. */
export function judgeSearchedTargets(hosts: readonly HostAnswer[]): Finding[] {
  return hosts.flatMap(({ host, relative, absolute }) => {
    if (relative.length === 0 || relative.some((address) => absolute.includes(address))) return []
    const shown = identifier(host)
    const alone = absolute.length === 0
    const message = alone
      ? `${shown} has an address only with a search domain appended: ${relative.join(', ')}`
      : `${shown} leads to ${relative.join(', ')} with a search domain appended, and to ${absolute.join(', ')} as it stands`
    return [
      // What has an address of its own is found by dynsrv all the same.
      finding(alone ? 'error' : 'warning', TARGET_SEARCHED, message, {
        evidence: [`${shown}. has ${alone ? 'no address' : absolute.join(', ')}`],
      }),
    ]
  })
}

export const D45 = check({
  id: 'D45',
  group: 'lookup',
  place: 0,
  title: 'targets are found as they stand',
  needs: ['D42'],
  words: [TARGET_SEARCHED],
  look: hostAnswers,
  judge: judgeSearchedTargets,
})
