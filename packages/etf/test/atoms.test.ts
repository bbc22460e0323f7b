import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Atom, atom, decode, encode } from '../src/index.ts'

const DECODE_MILLIONS = `
  import { decode } from './etf.mjs'
  const heap = () => { globalThis.gc(); return process.memoryUsage().heapUsed }
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  for (let warm = 0; warm < 3; warm++) { await turn(); globalThis.gc() }
  const before = heap()
  let number = 0
  for (let message = 0; message < 200; message++) {
    for (let index = 0; index < 10_000; index++) {
      const name = Buffer.from('atom_' + number++)
      decode(Buffer.concat([Buffer.from([131, 119, name.length]), name]))
    }
    await turn()
  }
  for (let wait = 0; wait < 20; wait++) { globalThis.gc(); await turn() }
  console.log(JSON.stringify({ number, grown: heap() - before }))
`

describe('atoms', () => {
  it('are one object for one name, however they come', () => {
    expect(atom('some_name')).toBe(atom('some_name'))
    expect(decode(encode(atom('some_name')))).toBe(atom('some_name'))
    expect(decode(new Uint8Array([131, 100, 0, 1, 0xe9]))).toBe(atom('é'))
    expect(decode(new Uint8Array([131, 119, 2, 0xc3, 0xa9]))).toBe(atom('é'))
    expect(decode(new Uint8Array([131, 118, 0, 2, 0xc3, 0xa9]))).toBe(atom('é'))
    expect(atom('é')).toBeInstanceOf(Atom)
  })

  it('have words of JavaScript for four of them', () => {
    const words = ['true', 'false', 'nil', 'undefined'].map((name) => decode(encode(atom(name))))
    expect(words).toStrictEqual([true, false, null, undefined])
  })

  it('refuse names that BEAM refuses', () => {
    expect(() => atom('x'.repeat(256))).toThrow(expect.objectContaining({ code: 'ETF_LIMIT_ATOM' }))
    expect(() => atom('\ud800')).toThrow(expect.objectContaining({ code: 'ETF_BAD_ATOM' }))
    expect(atom('🐢'.repeat(255)).name).toHaveLength(510)
  })

  it('do not grow the heap for good, millions of them', async () => {
    // A process of its own, with the built package: only there the heap is this test's alone.
    const program = DECODE_MILLIONS.replace('./etf.mjs', new URL('../dist/index.js', import.meta.url).href)
    const args = ['--expose-gc', '--input-type=module', '--eval', program]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const { number, grown } = JSON.parse(stdout) as { readonly number: number; readonly grown: number }
    expect(number).toBe(2_000_000)
    // Held strongly they would take some hundred megabytes; a few thousand of the latest are kept.
    expect(grown).toBeLessThan(20 * 1024 * 1024)
  }, 120_000)
})
