import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type BeamFacts, severalBeams } from '../probes/links.ts'
import { words } from '../words.ts'

const CONNECT_ALL_OFF = words('DOCTOR_CONNECT_ALL_OFF', {
  happened: 'A node runs with connect_all false.',
  why: 'It builds no full mesh by itself: it knows only those that it dialled or that dialled it.',
  remedy: 'Start it without -connect_all false, or let its discovery dial every member.',
})

/** D06: nodes that build no mesh; an error as soon as one of them lacks a link. */
export function judgeConnectAll(all: readonly BeamFacts[]): Finding[] {
  return all.flatMap(({ name, visible, connectAllOff }) => {
    if (!connectAllOff || all.length < 2) return []
    const missing = all.map((one) => one.name).filter((other) => other !== name && !visible.includes(other))
    const evidence = missing.length === 0 ? [] : [`it is not connected to ${missing.join(', ')}`]
    const message = `${name} runs with connect_all false`
    return [finding(missing.length === 0 ? 'warning' : 'error', CONNECT_ALL_OFF, message, { evidence, node: name })]
  })
}

export const D06 = check({
  id: 'D06',
  group: 'mesh',
  place: 1,
  title: 'nodes build a mesh',
  words: [CONNECT_ALL_OFF],
  look: severalBeams,
  judge: judgeConnectAll,
})
