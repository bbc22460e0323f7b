import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { startOurs } from '../support/nodes.ts'

/** How a connection to an address of this machine ends. */
async function reached(port: number, host: string): Promise<string> {
  const socket = connect({ port, host })
  try {
    await once(socket, 'connect')
    return 'connected'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.destroy()
  }
}

it('a node that is given an address is not reached at any other', async () => {
  await using node = await startOurs('bound', { listen: { host: '127.0.0.1' } })
  expect(await reached(node.port!, '127.0.0.1')).toBe('connected')
  expect(await reached(node.port!, '127.0.0.2')).toBe('ECONNREFUSED')
})

it('a node that does not listen dials, and is a peer like any other then', async () => {
  await using node = await startOurs('listens')
  await using silent = await startOurs('silent', { listen: false })
  expect(silent.port).toBeUndefined()
  await silent.connect(node.self)
  expect(await node.ping(silent.self)).toBe('pong')
})
