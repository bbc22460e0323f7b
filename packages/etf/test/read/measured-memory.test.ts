import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

interface Measured {
  readonly [kind: string]: { readonly counted: number; readonly kept: number }
}

it('what is counted for a term is what V8 keeps for it, whatever its kind', async () => {
  const program = fileURLToPath(new URL('measured-memory.mjs', import.meta.url))
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--expose-gc', program], { maxBuffer: 1024 * 1024 })
  const measured = JSON.parse(stdout) as Measured
  const off = Object.entries(measured).filter(
    ([, { counted, kept }]) => !(counted >= 0.8 * kept && counted <= 1.5 * kept),
  )
  expect(off).toStrictEqual([])
  expect(Object.keys(measured).length).toBeGreaterThan(80)
}, 400_000)
