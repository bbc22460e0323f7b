import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { COOKIE, freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

const CHANGING = { offered: 'the_new_one', accepted: ['the_new_one', 'the_old_one', 'an_older_one'] }

describe('while the cookie is being changed', () => {
  it.each([
    'the_new_one',
    'the_old_one',
    'an_older_one',
  ])('a BEAM node with %s is dialled, and dials', async (cookie) => {
    await using erl = await startBeamPeer('changes', { cookie })
    await using dials = await startOurs('dials', { cookie: CHANGING })
    await dials.connect(erl.name)
    expect(dials.connected()).toStrictEqual([erl.name])
    await using listens = await startOurs('listens', { cookie: CHANGING })
    expect(await erl.eval(`net_kernel:connect_node('${listens.self}')`)).toBe('true')
  })

  it('a BEAM node with another cookie is not dialled forever, and the error says why', async () => {
    await using erl = await startBeamPeer('differs', { cookie: 'not_one_of_them' })
    await using node = await startOurs('dials', { cookie: CHANGING })
    await expect(node.connect(erl.name)).rejects.toMatchObject({ code: 'DIST_COOKIE_REJECTED', peer: erl.name })
    await expect.poll(() => erl.output().match(/Invalid challenge reply/g)).toHaveLength(3)
  })

  it('nodes of ours with different halves of the change find each other', async () => {
    await using first = await startOurs('first', { cookie: { offered: 'the_new_one', accepted: CHANGING.accepted } })
    await using second = await startOurs('second', { cookie: { offered: 'the_old_one', accepted: ['the_old_one'] } })
    await first.connect(second.self)
    await first.disconnect(second.self)
    await second.connect(first.self)
    expect(second.connected()).toStrictEqual([first.self])
  })
})

it.each([
  null,
  undefined,
  {},
  '',
  '€',
  'x'.repeat(300),
  7,
  { offered: 'a' },
  { offered: 'a', accepted: [] },
  [],
])('a cookie that no BEAM node could have is refused: %o', async (cookie) => {
  await expect(startOurs('odd', { cookie: cookie as string })).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
})

it('a cookie is never sent: both sides prove that they know it', async () => {
  const name = await freeName('behind')
  await using node = await startOurs('behind', { name, listen: { port: 0 } })
  const bytes: Buffer[] = []
  const between = createServer((socket) => {
    const onward = connect(node.port!, '127.0.0.1')
    for (const [from, to] of [[socket, onward] as const, [onward, socket] as const]) {
      from.on('data', (chunk: Buffer) => bytes.push(chunk)).on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  between.listen(Number(/\d+(?=@)/.exec(name)![0]), '127.0.0.1')
  await once(between, 'listening')
  await using erl = await startBeamPeer('dials')
  expect(await erl.eval(`net_kernel:connect_node('${name}')`)).toBe('true')
  expect(await node.ping(erl.name)).toBe('pong')
  await node.disconnect(erl.name)
  between.close()
  const seen = Buffer.concat(bytes).toString('latin1')
  expect(seen).toContain(erl.name)
  expect(seen).not.toContain(COOKIE)
})
