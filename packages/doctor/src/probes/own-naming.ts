import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { ownName } from './own.ts'

/** What decides between short and long names. */
export interface NamingFacts {
  readonly text: string
  readonly source: string
  readonly host: string
  /** `RELEASE_DISTRIBUTION`. */
  readonly distribution?: string | undefined
  readonly services: readonly string[]
  /** Peers that were asked for by name. */
  readonly peers?: readonly string[]
}

/** @throws {NotApplicable} when no name is given, or it is not a node name, which D13 reports */
export async function soundName(context: DoctorContext): Promise<NamingFacts> {
  const { text, source, parsed } = await context.get(ownName)
  if (!parsed.ok) throw new NotApplicable('our own name cannot be read')
  const { host } = parsed.value
  const { options } = context
  const { env, services, peers } = options
  return { text, source, host, distribution: env.RELEASE_DISTRIBUTION, services, peers }
}
