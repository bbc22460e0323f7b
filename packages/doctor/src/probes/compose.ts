import { type Attempt, attempt } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import { type Member, membersOf } from '../compose/compose-members.ts'
import { type ComposeProject, projectOf } from '../compose/compose-project.ts'
import { askCompose } from '../compose/docker-compose.ts'
import { type OwnReading, readCompose } from '../compose/own-reader.ts'
import type { DoctorContext } from '../context.ts'

/** What Compose would start, and how we know. */
export interface ComposeReading {
  readonly project: ComposeProject
  readonly members: readonly Member[]
  /** The files alone, with no variable filled in: what is written there stands there. Undefined when we cannot read them. */
  readonly written?: ComposeProject
  /** The command whose word this is; undefined for our own reader. */
  readonly by?: string
  /** What our own reader says beside: gaps count only where its word is taken. */
  readonly own?: OwnReading
  /** Why Docker's Compose did not answer, where it is there. */
  readonly failed?: { readonly program: string; readonly why: string }
}

/** Compose files, or why they cannot be read. */
export interface ComposeFacts {
  readonly path: string
  readonly reading: Attempt<ComposeReading>
}

/** @throws {NotApplicable} unless a file was given */
export async function composeFacts(context: DoctorContext): Promise<ComposeFacts> {
  const { compose: files = [] } = context.options
  if (files.length === 0) throw new NotApplicable('only with --compose')
  return { path: files.join(', '), reading: await attempt(reading(context, files)) }
}

async function reading(context: DoctorContext, files: readonly string[]): Promise<ComposeReading> {
  const { options, world } = context
  const { env, composeInput: input } = options
  const read = async (path: string) => Buffer.from(await world.files.read(path)).toString()
  const own = await attempt(readCompose({ files, input, env, folder: world.system.folder(), read }))
  const ownReading = own.ok ? own.value : undefined
  const answer = await askCompose(world.programs, { files, input, env }, ownReading, () => context.step())
  if (answer.kind === 'configuration') {
    const project = projectOf(answer.configuration)
    return {
      ...{ project, members: membersOf(project), by: answer.program },
      ...(ownReading !== undefined && { own: ownReading, written: projectOf(ownReading.written) }),
    }
  }
  if (!own.ok) throw own.error
  const project = projectOf(own.value.configuration)
  // A service of which something is missing is judged by nothing that could stand there.
  const open = new Set(
    own.value.gaps.flatMap(({ lacks, service }) => (lacks === 'all' && service !== undefined ? [service] : [])),
  )
  return {
    project,
    members: membersOf(project).filter(({ service }) => !open.has(service.name)),
    written: projectOf(own.value.written),
    own: own.value,
    ...(answer.kind === 'failed' && { failed: answer }),
  }
}

/** Files that were read. @throws {NotApplicable} when they cannot be, which C01 reports */
export async function soundCompose(context: DoctorContext): Promise<ComposeReading> {
  const { reading: found } = await context.get(composeFacts)
  if (!found.ok) throw new NotApplicable('the file cannot be read')
  return found.value
}

/** Whether variables of a service may stand where our reader did not look. */
export function lacksVariables({ by, own }: ComposeReading, service: string): boolean {
  return by === undefined && (own?.gaps.some((gap) => gap.service === service) ?? false)
}

/** Whether whole services may stand where our reader did not look. */
export function lacksServices({ by, own }: ComposeReading): boolean {
  return by === undefined && (own?.gaps.some((gap) => gap.service === undefined) ?? false)
}
