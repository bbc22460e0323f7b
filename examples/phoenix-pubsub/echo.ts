// Takes part in the rooms of a Phoenix application: whatever somebody says, everybody hears it once more, in capitals.
import { start } from 'dynsrv'

const cluster = await start({ service: 'chat.test', dns: process.env.DYNSRV_DNS ?? '127.0.0.1:8600' })
// The name that stands in application.ex: {Phoenix.PubSub, name: MyApp.PubSub}
const pubsub = cluster.node.pubsub('MyApp.PubSub')
const room = pubsub.subscribe('room:lobby')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => room.close())

for await (const message of room) {
  if (message.type !== 'event' || message.event !== 'new_msg') continue
  const { from, body } = message.payload as { from?: string; body?: string }
  if (from === 'echo' || typeof body !== 'string') continue
  console.log(`${from ?? 'somebody'}: ${body}`)
  pubsub.broadcast('room:lobby', 'new_msg', { from: 'echo', body: body.toUpperCase() })
}
await cluster.drain()
