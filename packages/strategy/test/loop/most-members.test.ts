import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { NodeName } from '@dynsrv/epmd-shim'
import { describe, expect, it } from 'vitest'
import { type Discovery, fileNodes, leaveAfter } from '../../src/index.ts'
import { MostMembers } from '../../src/loop/most-members.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, polls, running, Scripted } from '../scripted.ts'

const many = (count: number, prefix = 'x') =>
  new Set(Array.from({ length: count }, (_each, index) => `${prefix}${index}@svc.test` as NodeName))

const known = (members: Iterable<NodeName> = [], connected: Iterable<NodeName> = []) => ({
  members: new Map([...members].map((each) => [each, undefined])),
  connected: () => connected,
  self: node('self'),
})

describe('the members of one answer', () => {
  it('are all taken up to the limit', () => {
    const answer = { nodes: many(10) }
    expect(new MostMembers(10).limit(answer, known)).toBe(answer)
  })

  it('are those known or connected first, in whichever letters, and the others in order', () => {
    const answer = { nodes: new Set([...many(20), ...nodes('a', 'B', 'self')]) }
    const part = new MostMembers(5).limit(answer, () => known(nodes('a'), nodes('b')))
    expect([...part.nodes]).toEqual([...nodes('a', 'B', 'self', 'x0', 'x1')])
    expect(part).toMatchObject({ trimmed: true, ignored: [{ target: '23 members', foreign: true }] })
    expect(part.ignored?.[0]?.reason).toMatch(/maxMembers: 5/)
  })

  it('keep what is known of them, and nothing of the others', () => {
    const endpoints = new Map([...many(20)].map((each) => [each, []]))
    const part = new MostMembers(5).limit({ nodes: many(20), endpoints }, known)
    expect(part.endpoints).toEqual(new Map([...many(5)].map((each) => [each, []])))
  })

  it('leave room for those of earlier answers, twice the limit in all', () => {
    const part = new MostMembers(10).limit({ nodes: many(10, 'y') }, () => known(many(15)))
    expect([...part.nodes]).toEqual([...many(5, 'y')])
    expect(part.trimmed).toBeUndefined()
  })

  it('do not hide that records are of no use, of which there are no more either', () => {
    const ignored = [...many(20)].map((target) => ({ target, reason: 'odd' }))
    const part = new MostMembers(5).limit({ nodes: nodes('a'), ignored }, known)
    expect(part.nodes).toEqual(nodes('a'))
    expect(part.ignored).toHaveLength(6)
    expect(part.trimmed).toBe(true)
  })

  it('are said to be too many once for all answers in a row, however many there are', () => {
    const most = new MostMembers(5)
    const said = (answer: Discovery) => most.limit(answer, known).ignored?.[0]
    const first = said({ nodes: many(6) })
    expect(said({ nodes: many(7) })).toBe(first)
    expect(said({ nodes: many(5) })).toBeUndefined()
    expect(said({ nodes: many(8) })).toMatchObject({ target: '8 members' })
  })
})

describe('a strategy whose source names too many', () => {
  onVirtualClock()

  it('keeps its members, reports the rest once, and removes nobody', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const run = running(membership, source, { maxMembers: 3, leave: leaveAfter(1) })
    await polls(2)
    source.answer = many(50)
    await polls(5)
    expect(run.of('left')).toEqual([])
    expect(membership.connected()).toEqual(expect.arrayContaining([...nodes('a', 'b')]))
    expect(run.of('ignored')).toMatchObject([{ target: '50 members' }])
    await run.strategy.close()
  })
})

const SMALL = `
  import { EventEmitter } from 'node:events'
  import { writeFileSync } from 'node:fs'
  import { file } from '@dynsrv/strategy'
  const [path] = process.argv.slice(1)
  const honest = 'honest@svc.test'
  class Links extends EventEmitter {
    self = 'self@svc.test'
    links = new Set()
    connected() { return this.links }
    async connect(node) {
      if (node !== honest) throw new Error('refused')
      this.links.add(node)
      this.emit('nodeup', { node })
    }
    async disconnect(node) { this.links.delete(node) }
  }
  const membership = new Links()
  const strategy = file(membership, { path, pollingInterval: 300 })
  const said = []
  let polled = 0
  strategy.on('change', ({ type, target }) => {
    if (type === 'ignored') said.push(target)
    if (type === 'joined') {
      const names = Array.from({ length: 200_000 }, (_, i) => 'm' + i + '@host' + i + '.svc.test')
      writeFileSync(path, names.join('\\n'))
    }
    if (type !== 'polled' || said.length === 0 || ++polled < 3) return
    console.log(JSON.stringify({ said, links: [...membership.links], members: strategy.expected().length }))
    process.exit()
  })
  strategy.start()`

// Slow: 200 000 names are read and judged at each of three polls, in a heap in which little room is left.
// Who was a member is held, beside as many as one answer may bring.
it('lives with a file of 200 000 names in a heap of 300 MB, and keeps its honest member', {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'members-'))
  try {
    const path = join(folder, 'members')
    await writeFile(path, 'honest@svc.test')
    const args = ['--max-old-space-size=300', '--input-type=module', '--eval', SMALL, path]
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
    expect(JSON.parse(stdout)).toEqual({ said: ['200000 members'], links: ['honest@svc.test'], members: 10_001 })
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('are not read from what has no end, nor from what is too large', async () => {
  const { signal } = new AbortController()
  const code = 'STRATEGY_SOURCE_UNREACHABLE'
  await expect(fileNodes('/dev/zero')({ signal })).rejects.toMatchObject({ code, message: /no regular file/ })
  const folder = await mkdtemp(join(tmpdir(), 'members-'))
  try {
    const path = join(folder, 'members')
    await promisify(execFile)('mkfifo', [path])
    await expect(fileNodes(path)({ signal })).rejects.toMatchObject({ code, message: /no regular file/ })
    const large = join(folder, 'large')
    await promisify(execFile)('truncate', ['-s', '20M', large])
    await expect(fileNodes(large)({ signal })).rejects.toMatchObject({ code, message: /more than \d+/ })
    await expect(fileNodes(large)({ signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over')
  } finally {
    await rm(folder, { recursive: true })
  }
})
