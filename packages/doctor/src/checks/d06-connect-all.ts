import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type BeamFacts, severalBeams } from '../probes/links.ts'
import { words } from '../words.ts'

const CONNECT_ALL_OFF = words('DOCTOR_CONNECT_ALL_OFF', {
  happened: 'A node runs with connect_all false.',
  why: 'It connects only to nodes that it dialled or that dialled it, not to all.',
  hint: 'Start it without -connect_all false, or let its discovery dial every member.',
})

/** D06: nodes that do not connect to all; an error as soon as one of them lacks a link. */
export function judgeConnectAll(all: readonly BeamFacts[]): Finding[] {
  return all.flatMap(({ name, visible, connectAllOff }) => {
    if (!connectAllOff || all.length < 2) return []
    const missing = all.map((one) => one.name).filter((other) => other !== name && !visible.includes(other))
    const evidence = missing.length === 0 ? [] : [`it is not connected to ${missing.map(identifier).join(', ')}`]
    const message = `${identifier(name)} runs with connect_all false`
    return [finding(missing.length === 0 ? 'warning' : 'error', CONNECT_ALL_OFF, message, { evidence, node: name })]
  })
}

export const D06 = check({
  id: 'D06',
  group: 'mesh',
  place: 1,
  title: 'nodes connect to all others',
  words: [CONNECT_ALL_OFF],
  look: severalBeams,
  judge: judgeConnectAll,
})
