import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { realPrograms } from '@dynsrv/kit'
import { dockerComposeProgram } from '@dynsrv/tools/docker-compose'
import { describe, expect, it } from 'vitest'
import { type ComposeProject, projectOf } from '../src/compose/compose-project.ts'
import { askCompose } from '../src/compose/docker-compose.ts'
import { readCompose } from '../src/compose/own-reader.ts'
import { COMPOSE_CASES, type ComposeCase } from './compose-cases.ts'
import { examineCase, expectCase, pathsOf, withFiles } from './compose-examination.ts'
import { examineAs } from './examination.ts'

const PATH = dirname(dockerComposeProgram())

/** What both readers make of the files. */
function bothReadings(one: ComposeCase) {
  return withFiles(one, async (folder) => {
    const files = pathsOf(one, folder)
    const env = { HOME: '/nonexistent', ...one.env }
    const read = async (path: string) => await readFile(path, 'utf8')
    const own = await readCompose({ files, env, folder, read })
    const answer = await askCompose(realPrograms, { files, env: { ...env, PATH } }, own, () =>
      AbortSignal.timeout(30_000),
    )
    return { own, answer }
  })
}

/** Compose prints services by name. */
function sorted({ name, services }: ComposeProject): ComposeProject {
  return { name, services: services.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** What our reader says it cannot follow, Compose refuses; so does it what cannot be read at all. */
const READABLE = COMPOSE_CASES.filter(
  ({ errors = [], warnings = [], differs }) =>
    !errors.includes('C01') && !warnings.includes('C09') && differs === undefined,
)

describe("a Compose file, read by Docker's own Compose", () => {
  it.each(READABLE.map((one) => [one.what, one] as const))('%s', async (_what, one) => {
    expectCase(one, await examineCase(one, { PATH }))
    const { own, answer } = await bothReadings(one)
    expect(answer).toMatchObject({ kind: 'configuration', program: 'docker-compose' })
    if (answer.kind !== 'configuration') return
    expect(sorted(projectOf(own.configuration))).toEqual(sorted(projectOf(answer.configuration)))
  })

  it.each(
    COMPOSE_CASES.filter((one) => !READABLE.includes(one)).map((one) => [one.what, one] as const),
  )('refuses %s', async (_what, one) => {
    const found = await examineCase(one, { PATH })
    const errors = found.verdicts.filter(({ severity }) => severity === 'error').map(({ check }) => check)
    expect(errors).toEqual(one.errors ?? [])
    const said = found.verdicts.filter(({ message }) => /refuses the file|cannot be read/.test(message))
    expect(said, found.text).not.toEqual([])
  })
})

it('what Compose prints can be looked at as well', async () => {
  const [one] = COMPOSE_CASES
  await withFiles(one!, async (folder) => {
    const args = [...pathsOf(one!, folder).flatMap((path) => ['-f', path]), 'config']
    const env = { PATH, C: 'a-cookie-of-the-shell' }
    const { status, stdout } = await realPrograms.run('docker-compose', args, {
      env,
      signal: AbortSignal.timeout(30_000),
    })
    expect(status).toBe(0)
    const found = await examineAs({ compose: ['-'], composeInput: stdout })
    // The cookie stands in it now.
    expect(found.verdicts.map(({ check }) => check)).toEqual(['C08'])
    expect(found.text).not.toContain(env.C)
  })
})
