import { once } from 'node:events'
import { expect, it } from 'vitest'
import type { Refused } from '../../src/index.ts'
import { OVER_TCP } from '../support/attacker.ts'
import { FLAGS } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

it('records that lead to ourselves do not fill the log: who comes with our own name is told once, ten times, a hundred', async () => {
  await using node = await startOurs('self')
  const refused: Refused[] = []
  node.on('refused', (event) => refused.push(event))
  for (let dial = 0; dial < 30; dial++) {
    const socket = OVER_TCP.dial(node.port!)
    const name = Buffer.from(node.self)
    const hello = Buffer.alloc(2 + 15)
    hello.writeUInt16BE(15 + name.length)
    hello.write('N', 2)
    hello.writeBigUInt64BE(FLAGS, 3)
    hello.writeUInt32BE(7, 11)
    hello.writeUInt16BE(name.length, 15)
    socket.write(Buffer.concat([hello, name]))
    socket.resume()
    await once(socket, 'close')
  }
  await expect.poll(() => refused).toHaveLength(2)
  expect(refused.map(({ reason }) => reason.code)).toStrictEqual(['DIST_NAME_INVALID', 'DIST_NAME_INVALID'])
})
