import { identifier } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type OwnListener, runningNode } from '../probes/own.ts'
import { words } from '../words.ts'

const LOOPBACK_ONLY = words('DOCTOR_LOOPBACK_ONLY', {
  happened: 'Our node listens on 127.0.0.1 only.',
  why: 'inet_dist_use_interface or the listen address says so. Connections from other machines are refused.',
  hint: 'Remove inet_dist_use_interface (or --host), or set it to the address that peers dial.',
})

/** D21: our own node listens on loopback only. */
export function judgeLoopback({ port, local, external, published }: OwnListener): Finding[] {
  // Our record has a loopback address: a cluster on one machine.
  if (published.length > 0 && published.every((ip) => ip.startsWith('127.') || ip === '::1')) return []
  const refused = external.filter(({ knock }) => !knock.ok && codeOf(knock.error) === 'NODE_REFUSED')
  if (!local.ok || external.length === 0 || refused.length < external.length) return []
  const evidence = [
    `127.0.0.1:${port} answers as ${identifier(local.value.name)}`,
    ...refused.map(({ address }) => `${address.ip}:${port} is refused`),
  ]
  return [finding('error', LOOPBACK_ONLY, `our node listens on 127.0.0.1:${port} only`, { evidence })]
}

export const D21 = check({
  id: 'D21',
  group: 'port',
  place: 2,
  title: 'our node listens for peers',
  needs: ['D42', 'D24'],
  words: [LOOPBACK_ONLY],
  look: runningNode,
  judge: judgeLoopback,
})
