import { identifier } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type Searched, searched } from '../probes/searched.ts'
import { words } from '../words.ts'

const SEARCH_FAILS = words('DOCTOR_SEARCH_FAILS', {
  happened: 'A search domain is asked before the name of the service, and does not answer.',
  why: 'The name has fewer dots than ndots of resolv.conf asks for, so that the search domains come first.',
  hint: 'End the name of the service with a dot, so that no search domain is asked.',
})

const SEARCH_FINDS = words('DOCTOR_SEARCH_FINDS', {
  happened: 'The name of the service is found in a search domain, and is never asked as it was given.',
  why: 'The name has fewer dots than ndots of resolv.conf asks for, and a wildcard of the search domain answers.',
  hint: 'End the name of the service with a dot, so that no search domain is asked.',
})

const SEARCH_COMPLETES = words('DOCTOR_SEARCH_COMPLETES', {
  happened: 'The service is found only with a search domain behind its name, and its nodes have the whole name.',
  why: 'A target names a node of the service when it is <label>.<service>, letter by letter. Here it goes on behind that.',
  hint: 'Give the whole name of the service, with the search domain.',
})

/** D46: search domains that stand before the name of a service. */
export function judgeSearchList(all: readonly Searched[]): Finding[] {
  return all.flatMap((one) => {
    const { service, absolute } = one
    if (!absolute.ok) return []
    // A short name that only a search domain has is what search domains are for, as long as its nodes go by it.
    if (absolute.value.records.length === 0) return completing(one)
    const hint = `Write ${identifier(`${service}.`)}, with a dot at the end, so that no search domain is asked.`
    return [...failing(one, hint), ...misleading(one, hint)]
  })
}

function failing({ service, relative, domains }: Searched, hint: string): Finding[] {
  const firstFound = domains.findIndex(({ answer }) => answer.ok && answer.value.records.length > 0)
  const passed = firstFound === -1 ? domains : domains.slice(0, firstFound)
  const failed = passed.flatMap(({ domain, answer }) => (answer.ok ? [] : [{ domain, error: answer.error }]))
  const [first] = failed
  if (first === undefined) return []
  const { domain } = first
  const lost = !relative.ok
  const message = lost
    ? `${identifier(service)} is not found, because the search domain ${identifier(domain)} does not answer`
    : `each lookup of ${identifier(service)} asks the search domain ${identifier(domain)} first, which does not answer`
  const evidence = failed.map((each) => `${identifier(`${service}.${each.domain}`)}: ${codeOf(each.error)}`)
  return [finding(lost ? 'error' : 'warning', SEARCH_FAILS, message, { evidence, hint })]
}

function completing({ service, domains }: Searched): Finding[] {
  for (const { domain, answer } of domains) {
    if (!answer.ok || answer.value.records.length === 0) continue
    const whole = `${service}.${domain}`
    const [first] = answer.value.records.filter(({ target }) =>
      target.toLowerCase().endsWith(`.${whole.toLowerCase()}`),
    )
    if (first === undefined) return []
    const message = `${identifier(service)} is found as ${identifier(whole)} only, and its nodes go by that name: ${identifier(first.target)}`
    const hint = `Write ${identifier(whole)} for the service.`
    return [finding('error', SEARCH_COMPLETES, message, { hint })]
  }
  return []
}

function misleading({ service, absolute, domains }: Searched, hint: string): Finding[] {
  const found = domains.find(({ answer }) => answer.ok && answer.value.records.length > 0)
  if (found === undefined) return []
  const counts = [found.answer, absolute].map((answer) => (answer.ok ? answer.value.records.length : 0))
  const there = identifier(`${service}.${found.domain}`)
  return [
    finding('error', SEARCH_FINDS, `${identifier(service)} is found as ${there} and never asked as it was given`, {
      evidence: [`${there}: ${counts[0]} SRV records`, `${identifier(`${service}.`)}: ${counts[1]} SRV records`],
      hint,
    }),
  ]
}

export const D46 = check({
  id: 'D46',
  group: 'dns',
  place: 0,
  title: 'the search list leads to the service',
  words: [SEARCH_FAILS, SEARCH_FINDS, SEARCH_COMPLETES],
  look: searched,
  judge: judgeSearchList,
})
