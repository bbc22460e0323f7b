import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { commandOf, RUNTIMES } from '@dynsrv/tools/runtime'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
/** The releases with long support. */
const RELEASES = RUNTIMES.filter(({ name }) => /^Node\.js (20|22|24)\./.test(name))
const SEEDS = ['--seeds', '1', '--from', '3', '--verbose']
const PATIENCE_MS = 300_000

describe('the same seeds', () => {
  const bundle = join(temporaryFolder('same-seed'), 'sim.cjs')
  let here: string

  /** What the stories of some seeds say, without the line that counts CPU. */
  async function said(command: readonly string[]): Promise<string> {
    const [program, ...args] = command
    const { stdout } = await run(program!, [...args, bundle, ...SEEDS], { maxBuffer: 256 * 1024 * 1024 })
    return stdout.replace(/^.* s of CPU\n$/m, '')
  }

  beforeAll(async () => {
    const { bundleSim } = await import(new URL('../sim/bundle.mjs', import.meta.url).href)
    await bundleSim(bundle)
    here = await said([process.execPath])
  }, PATIENCE_MS)

  it('tell a story', () => {
    expect(here).toMatch(/link up/)
    expect(here).toMatch(/simulation with seed 3;/)
    expect(here).not.toMatch(/BROKEN/)
  })

  it.each(RELEASES)(
    'tell the same story, byte for byte, on $name',
    async (runtime) => {
      expect((await said(commandOf(runtime))) === here).toBe(true)
    },
    PATIENCE_MS,
  )
})
