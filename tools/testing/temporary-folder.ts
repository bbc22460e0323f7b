import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folders: string[] = []

/** A new folder that goes when the tests of the file that imports this are over, after their own hooks. */
export function temporaryFolder(what: string): string {
  const folder = mkdtempSync(join(tmpdir(), `dynsrv-${what}-`))
  folders.push(folder)
  return folder
}

// Hooks that end what uses the folders are declared later than this import, and so run before it.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
