import { identifier } from '@dynsrv/kit'
import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { type BeamFacts, links, severalBeams } from '../probes/links.ts'
import { words } from '../words.ts'

const MESH_BROKEN = words('DOCTOR_MESH_BROKEN', {
  happened: 'Not every member is connected to every other.',
  why: 'A link between two of them fails. Since OTP 25, other nodes disconnect one of the two as well.',
  hint: 'Run the doctor on the machine of one of these two. If neither looks for members by itself (libcluster, dynsrv), they never meet: connect one to the other.',
})

/** D36: visible BEAM nodes that are not connected to each other. */
export function judgeMesh(all: readonly BeamFacts[]): Finding[] {
  const asked = new Set(all.map(({ name }) => name))
  const missing = new Set<string>()
  for (const { name, visible } of all) {
    for (const other of asked) {
      if (other !== name && !visible.includes(other)) missing.add([name, other].sort().map(identifier).join(' – '))
    }
  }
  if (missing.size === 0) return []
  const pairs = (all.length * (all.length - 1)) / 2
  // The message itself names one or two of them.
  const listed = missing.size > 2 ? [...missing].slice(0, MAX_PAIRS) : []
  const evidence = [`${pairs - missing.size} of ${pairs} links between BEAM nodes are up`, ...listed]
  const message = `no full mesh: ${[...missing].slice(0, 2).join(', ')}${missing.size > 2 ? ', …' : ''} not connected`
  return [finding('error', MESH_BROKEN, message, { evidence })]
}

const MAX_PAIRS = 10

/** Hidden nodes are not part of the mesh. */
async function visibleBeams(context: DoctorContext): Promise<readonly BeamFacts[]> {
  const visible = new Set(
    (await context.get(links)).filter((one) => one.visibility === 'visible').map(({ name }) => name),
  )
  const all = (await severalBeams(context)).filter(({ name }) => visible.has(name))
  if (all.length < 2) throw new NotApplicable('fewer than two visible BEAM nodes')
  return all
}

export const D36 = check({
  id: 'D36',
  group: 'mesh',
  place: 2,
  title: 'every node is connected to every other',
  needs: ['D06', 'D16'],
  words: [MESH_BROKEN],
  look: visibleBeams,
  judge: judgeMesh,
})
