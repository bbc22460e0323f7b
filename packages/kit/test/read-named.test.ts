import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readNamed, readSome, realWorld } from '../src/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynsrv-read-named-'))
})
afterAll(() => rm(folder, { recursive: true }))

function pipe(name: string): string {
  const path = join(folder, name)
  execFileSync('mkfifo', [path])
  return path
}

/** The clock of the machine, but whatever waits is told at once that the time is over. */
const late = { ...realWorld.clock, setTimeout: (over: () => void) => realWorld.clock.setTimeout(over, 1) }

const text = async (reading: Promise<Uint8Array>) => Buffer.from(await reading).toString()

describe('a file that the user named', () => {
  it('may be a regular file', async () => {
    const path = join(folder, 'regular')
    writeFileSync(path, 'abc')
    expect(await text(readNamed(realWorld, path))).toBe('abc')
    await expect(readNamed(realWorld, path, { maxBytes: 2 })).rejects.toMatchObject({ code: 'EFBIG' })
    await expect(readNamed(realWorld, folder, { maxBytes: 1 })).rejects.toMatchObject({ code: 'EISDIR' })
    await expect(readNamed(realWorld, join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('may be a pipe, which is read to its end, when its writer comes later too', async () => {
    const path = pipe('pipe')
    const reading = text(readNamed(realWorld, path))
    spawn('sh', ['-c', `{ echo one; echo two; } > '${path}'`])
    expect(await reading).toBe('one\ntwo\n')
  })

  it('is no device, and no pipe that never ends or is never written to', async () => {
    for (const device of ['/dev/zero', '/dev/null']) {
      await expect(readNamed(realWorld, device)).rejects.toMatchObject({ code: 'EINVAL' })
    }
    const endless = pipe('endless')
    const writer = spawn('sh', ['-c', `exec yes > '${endless}' 2> /dev/null`])
    await expect(readNamed(realWorld, endless, { maxBytes: 100_000 })).rejects.toMatchObject({ code: 'EFBIG' })
    writer.kill()
    const unwritten = readNamed({ files: realWorld.files, clock: late }, pipe('unwritten'))
    await expect(unwritten).rejects.toMatchObject({ code: 'ETIMEDOUT', message: expect.stringMatching(/within 30 s/) })
  })

  it('is another thing than a file of a registry, which is no pipe', async () => {
    await expect(readSome(realWorld.files, pipe('registry'))).rejects.toMatchObject({ code: 'EINVAL' })
  })
})
