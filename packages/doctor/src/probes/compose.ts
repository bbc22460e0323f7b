import { type Attempt, attempt } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import { type ComposeFile, readComposeFile } from '../compose/compose-file.ts'
import type { DoctorContext } from '../context.ts'

/** A Compose file, or why it cannot be read. */
export interface ComposeFacts {
  readonly path: string
  readonly file: Attempt<{ readonly read: ComposeFile; readonly text: string }>
}

/** @throws {NotApplicable} unless a file was given */
export async function composeFacts({ options, world }: DoctorContext): Promise<ComposeFacts> {
  const { compose: path, env } = options
  if (path === undefined) throw new NotApplicable('only with --compose')
  const read = async () => {
    const text = Buffer.from(await world.files.read(path)).toString()
    return { read: await readComposeFile(text, path, env), text }
  }
  return { path, file: await attempt(read()) }
}

/** A file that was read. @throws {NotApplicable} when it cannot be, which C01 reports */
export async function soundCompose(context: DoctorContext): Promise<{ read: ComposeFile; text: string }> {
  const { file } = await context.get(composeFacts)
  if (!file.ok) throw new NotApplicable('the file cannot be read')
  return file.value
}
