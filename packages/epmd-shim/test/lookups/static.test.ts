import { describe, expect, it } from 'vitest'
import { Static } from '../../src/index.ts'

const NODES = {
  'a@svc.internal': { ip: '10.0.0.1', port: 4001 },
  'b@svc.internal': [
    { ip: 'fd00::2', port: 4002 },
    { ip: '10.0.0.2', port: 4003 },
  ],
  'c@other.internal': { ip: '10.0.0.3', port: 4004 },
}

describe('Static', () => {
  const nodes = new Static(NODES, { listenPort: 4999 })

  it('finds a node with its addresses in their order', async () => {
    expect(await nodes.addressPlease('b', 'svc.internal')).toStrictEqual({
      candidates: [
        { ip: 'fd00::2', family: 6, port: 4002 },
        { ip: '10.0.0.2', family: 4, port: 4003 },
      ],
      version: 6,
    })
    const { candidates } = await nodes.addressPlease('b', 'svc.internal', 'inet')
    expect(candidates).toStrictEqual([{ ip: '10.0.0.2', family: 4, port: 4003 }])
  })

  it('says which nodes it knows, and which family is missing', async () => {
    await expect(nodes.addressPlease('x', 'svc.internal')).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      hint: expect.stringMatching(/a@svc\.internal, b@svc\.internal/),
    })
    await expect(nodes.addressPlease('a', 'svc.internal', 'inet6')).rejects.toMatchObject({ code: 'EPMD_NO_ADDRESS' })
  })

  it('gives a node its own port', async () => {
    expect(nodes.listenPortPlease('a', 'svc.internal')).toBe(4001)
    expect(nodes.listenPortPlease('x', 'svc.internal')).toBe(4999)
    expect(new Static({}).listenPortPlease('x', 'svc.internal')).toBe(0)
    expect((await nodes.registerNode('a', 4001)).creation).toBeGreaterThanOrEqual(4)
  })

  it('lists its names, all or of one host', async () => {
    expect((await nodes.names()).map(({ name, port }) => `${name}:${port}`)).toStrictEqual([
      'a:4001',
      'b:4002',
      'c:4004',
    ])
    expect(await nodes.names('other.internal')).toStrictEqual([{ name: 'c', port: 4004 }])
  })

  it.each([
    [{ 'a@svc': { ip: '10.0.0.1', port: 4001 } }, 'NODE_NAME_SHORT_HOST'],
    [{ 'a@svc.internal': { ip: 'localhost', port: 4001 } }, 'EPMD_BAD_OPTION'],
    [{ 'a@svc.internal': { ip: '10.0.0.1', port: 0 } }, 'EPMD_BAD_OPTION'],
    [{ 'a@svc.internal': [] }, 'EPMD_BAD_OPTION'],
    [{ 'a@svc.internal': { ip: '10.0.0.1', port: 4001, family: 6 as const } }, 'EPMD_BAD_OPTION'],
  ])('refuses %j with %s before anything is dialled', (map, code) =>
    expect(() => new Static(map)).toThrow(expect.objectContaining({ code })))

  it('takes what another lookup answered', async () => {
    const { candidates } = await nodes.addressPlease('b', 'svc.internal')
    const again = new Static({ 'b@svc.internal': candidates })
    expect((await again.addressPlease('b', 'svc.internal')).candidates).toStrictEqual(candidates)
  })

  it('takes short names when asked to', async () => {
    const short = new Static({ 'a@db7': { ip: '10.0.0.1', port: 4001 } }, { short: true })
    expect((await short.addressPlease('a', 'db7')).candidates).toHaveLength(1)
  })

  it('ends with the reason of its signal', () => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    return expect(nodes.addressPlease('a', 'svc.internal', 'any', { signal })).rejects.toBe(reason)
  })
})
