import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Atom, AtomShare, atom, decode, encode, TermDecoder } from '../src/index.ts'

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

const DECODE_TOO_MANY = `
  import { atom, decode } from './etf.mjs'
  const count = 1_000_000
  const bytes = Buffer.alloc(6 + 6 * count + 1)
  bytes.set([131, 108])
  bytes.writeUInt32BE(count, 2)
  for (let index = 0; index < count; index++) {
    bytes.set([119, 4, 97 + (index % 26), 97 + (index / 26) % 26, 97 + (index / 676) % 26, 33 + index / 17_576], 6 + 6 * index)
  }
  bytes[bytes.length - 1] = 106
  let code
  try { decode(bytes) } catch (error) { code = error.code }
  for (let wait = 0; wait < 20; wait++) { await new Promise((resolve) => setImmediate(resolve)); globalThis.gc() }
  console.log(JSON.stringify({ code, name: atom('a_new_one').name }))
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

  it('of one message cannot take the whole heap, and are given back when it is refused', async () => {
    const program = DECODE_TOO_MANY.replace('./etf.mjs', new URL('../dist/index.js', import.meta.url).href)
    const args = ['--expose-gc', '--max-old-space-size=256', '--input-type=module', '--eval', program]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(JSON.parse(stdout)).toStrictEqual({ code: 'ETF_LIMIT_ATOM_TABLE', name: 'a_new_one' })
  }, 120_000)
})

describe('atoms of a term that is refused', () => {
  const list = (names: readonly string[]) =>
    Buffer.from([108, 0, 0, 0, names.length, ...names.flatMap((name) => [119, name.length, ...Buffer.from(name)]), 106])
  const many = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}_${at}`)

  it('cost nothing afterwards, and are the same atoms when they come again', () => {
    const share = new AtomShare()
    const decoder = new TermDecoder({ limits: { atomBytes: 20_000 } }, share)
    const read = (names: readonly string[]) => {
      const bytes = list(names)
      return decoder.decode(bytes, 0, bytes.length) as readonly Atom[]
    }
    const kept = read(many('kept', 10))
    const before = share.usedBytes
    const flood = many('refused', 200)
    for (let time = 0; time < 3; time++) {
      expect(() => read(flood)).toThrow(expect.objectContaining({ code: 'ETF_LIMIT_ATOM_TABLE' }))
      expect(share.usedBytes).toBe(before)
    }
    // There is room for others at once, and one that was refused costs what a new one does.
    const some = read(flood.slice(0, 10))
    expect(share.usedBytes).toBeGreaterThan(before + 10 * 380)
    expect(some).toEqual(flood.slice(0, 10).map((name) => atom(name)))
    expect(read(flood.slice(0, 10)).every((one, at) => one === some[at])).toBe(true)
    expect(read(many('kept', 10)).every((one, at) => one === kept[at])).toBe(true)
    const paid = share.usedBytes
    expect(() => read(flood)).toThrow(expect.objectContaining({ code: 'ETF_LIMIT_ATOM_TABLE' }))
    expect(share.usedBytes).toBe(paid)
  })
})

it('of names that share a place at hand are never taken for each other', () => {
  // One length, one first and one last letter: one place.
  const names = Array.from({ length: 200 }, (_, index) => `n${1000 + index}n`)
  const atoms = names.map((name) => atom(name))
  expect(names.map((name) => atom(name).name)).toStrictEqual(names)
  for (const [index, name] of names.entries()) expect(atom(name)).toBe(atoms[index])
  expect(atom('')).toBe(atom(''))
})
