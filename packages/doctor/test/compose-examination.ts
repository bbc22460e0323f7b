import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import type { ComposeCase } from './compose-cases.ts'
import { type Examination, examineAs } from './examination.ts'

/** Writes the files of a case into a folder that is called `shop`, and removes them in the end. */
export async function withFiles<T>(
  { files }: Pick<ComposeCase, 'files'>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), 'dynsrv-doctor-compose-'))
  try {
    const folder = join(parent, 'shop')
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return await work(folder)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** The paths that are looked at. */
export function pathsOf({ files, looksAt = Object.keys(files).slice(0, 1) }: ComposeCase, folder: string): string[] {
  return looksAt.map((path) => join(folder, path))
}

/** Examines the files of a case with its environment, and with these variables more. */
export function examineCase(one: ComposeCase, more: Readonly<Record<string, string>> = {}): Promise<Examination> {
  return withFiles(one, (folder) => examineAs({ compose: pathsOf(one, folder), env: { ...one.env, ...more } }))
}

/** That the doctor says what the case has. */
export function expectCase({ errors = [], warnings = [], says, not }: ComposeCase, found: Examination): void {
  const of = (severity: string) => found.verdicts.filter((one) => one.severity === severity).map(({ check }) => check)
  const text = JSON.stringify(found.verdicts)
  expect({ errors: of('error'), warnings: of('warning') }, text).toEqual({ errors, warnings })
  if (says !== undefined) expect(text).toMatch(says)
  if (not !== undefined) expect(found.text).not.toMatch(not)
}
