import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { COOKIE } from '../support/beam-peer.ts'
import { FLAGS, joinByHand } from '../support/join-by-hand.ts'
import { next, startOurs } from '../support/nodes.ts'
import { TRANSPORTS } from '../support/transports.ts'

const NAME = 'byhand_1@127.0.0.1'

describe.each(TRANSPORTS)('over $over', ({ way, options }) => {
  it('a peer that announces a frame of 4 GB is dropped before anything is kept', async () => {
    await using node = await startOurs('frames', options)
    const socket = await joinByHand(node, NAME, { way })
    expect(node.connected()).toStrictEqual([NAME])
    const down = next(node, 'nodedown')
    socket.write(Buffer.from('ffffffff70', 'hex'))
    expect(await down).toMatchObject({ node: NAME, reason: { code: 'DIST_FRAME_TOO_LARGE' } })
    socket.destroy()
  })

  it('a peer that sends garbage is dropped, and the node goes on', async () => {
    await using node = await startOurs('frames', options)
    const socket = await joinByHand(node, NAME, { way })
    const down = next(node, 'nodedown')
    socket.write(Buffer.from('0000000470836868', 'hex'))
    expect(await down).toMatchObject({ reason: { code: 'DIST_MALFORMED' } })
    socket.destroy()
    const again = await joinByHand(node, NAME, { way })
    expect(node.connected()).toStrictEqual([NAME])
    again.destroy()
  })

  it('a peer whose message does not decode is dropped when somebody was to get it', async () => {
    await using node = await startOurs('frames', options)
    node.mailbox('js')
    const socket = await joinByHand(node, NAME, { way })
    const down = next(node, 'nodedown')
    const name = Buffer.from(NAME)
    const pid = Buffer.concat([
      Buffer.from([88, 119, name.length]),
      name,
      Buffer.from('000000010000000012345678', 'hex'),
    ])
    const control = Buffer.concat([Buffer.from('8368046106', 'hex'), pid, Buffer.from('770077026a73', 'hex')])
    const frame = Buffer.concat([Buffer.from([112]), control, Buffer.from([131, 80, 1])])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(frame.length)
    socket.write(Buffer.concat([length, frame]))
    expect(await down).toMatchObject({ reason: { code: 'DIST_MALFORMED' } })
    socket.destroy()
  })
})

it('a peer that comes back while we think it is there replaces its old link', async () => {
  await using node = await startOurs('frames')
  const first = await joinByHand(node, NAME)
  const old = next(node, 'nodedown')
  const socket = connect(node.port!, '127.0.0.1')
  const hello = Buffer.alloc(17)
  hello.writeUInt16BE(15 + NAME.length)
  hello.write('N', 2)
  hello.writeBigUInt64BE(FLAGS, 3)
  hello.writeUInt32BE(0x9999_9999, 11)
  hello.writeUInt16BE(NAME.length, 15)
  socket.write(Buffer.concat([hello, Buffer.from(NAME)]))
  const [status] = (await once(socket, 'data')) as [Buffer]
  expect(status.toString('latin1')).toBe('\0\x06salive')
  expect(node.connected()).toStrictEqual([NAME])
  socket.write(Buffer.from('\0\x05strue', 'latin1'))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  const digest = createHash('md5')
    .update(`${COOKIE}${answer.readUInt32BE(2 + 1 + 8)}`)
    .digest()
  socket.write(Buffer.concat([Buffer.from('\0\x15r\0\0\0\x01', 'latin1'), digest]))
  expect(await old).toMatchObject({ node: NAME, reason: { code: 'NODE_REPLACED' } })
  await expect.poll(() => node.peers()).toMatchObject([{ state: 'connected', creation: 0x9999_9999 }])
  first.destroy()
  socket.destroy()
})
