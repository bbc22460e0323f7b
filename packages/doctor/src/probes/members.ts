import type { NodeName } from '@dynsrv/epmd-shim'
import type { SrvAnswer, SrvRecord } from '@dynsrv/srv-resolver'
import { targetLabel } from '@dynsrv/strategy'
import type { DoctorContext } from '../context.ts'
import { type Variety, varieties } from './dns.ts'

/** A node that the records of a service name. */
export interface Member {
  readonly name: NodeName
  readonly service: string
  /** One for each port; more than one is suspicious. */
  readonly records: readonly SrvRecord[]
}

/** A target that names no node, and why. */
export interface Unmapped {
  readonly service: string
  readonly target: string
  readonly port: number
  readonly reason: string
}

/** All that the answers show together, by node. */
export async function members(context: DoctorContext): Promise<readonly Member[]> {
  return mapped(await context.get(varieties)).members
}

/** The targets that name no node. */
export async function unmapped(context: DoctorContext): Promise<readonly Unmapped[]> {
  return mapped(await context.get(varieties)).unmapped
}

/** The answers that came for a service. */
export function allAnswers({ edns, tcp, bare, repeated }: Variety): SrvAnswer[] {
  return [edns, ...repeated, ...[tcp, bare].flatMap((one) => (one.ok ? [one.value] : []))]
}

/** The records of a service that any of its answers shows, each once. */
export function allRecords(variety: Variety): SrvRecord[] {
  const seen = new Map<string, SrvRecord>()
  for (const { records } of allAnswers(variety)) {
    for (const record of records) seen.set(recordKey(record), record)
  }
  return [...seen.values()]
}

/** What makes a record the same as another one. */
export function recordKey({ target, port }: Pick<SrvRecord, 'target' | 'port'>): string {
  return `${target.toLowerCase().replace(/\.$/, '')}:${port}`
}

/** As a person counts: `api-2` before `api-10`. */
const inOrder = new Intl.Collator('en', { numeric: true })

function mapped(all: readonly Variety[]): { members: Member[]; unmapped: Unmapped[] } {
  const found = new Map<NodeName, { service: string; records: SrvRecord[] }>()
  const rest: Unmapped[] = []
  for (const variety of all) {
    const { service } = variety
    const mapping = targetLabel(service)
    for (const record of allRecords(variety)) {
      const { target, port } = record
      const to = mapping.map({ target, port })
      if ('ignored' in to) rest.push({ service, target, port, reason: to.ignored })
      else if (found.has(to.node)) found.get(to.node)!.records.push(record)
      else found.set(to.node, { service, records: [record] })
    }
  }
  const list = [...found].map(([name, { service, records }]) => ({ name, service, records }))
  return { members: list.sort((a, b) => inOrder.compare(a.name, b.name)), unmapped: rest }
}
