// Takes part in the rooms of a Phoenix application: whatever somebody says, everybody hears it once more, in capitals.
import { start, t } from 'dynsrv'

const cluster = await start({ service: 'chat.test', leaveOn: ['SIGINT', 'SIGTERM'] })
// The name that stands in application.ex: {Phoenix.PubSub, name: MyApp.PubSub}
const pubsub = cluster.node.pubsub('MyApp.PubSub')
const newMessage = t.fields({ from: t.optional(t.text()), body: t.text() })
const room = pubsub.subscribe('room:lobby', { schema: { events: { new_msg: newMessage } } })

for await (const { payload } of room) {
  const { from, body } = payload
  if (from === 'echo') continue
  console.log(`${from ?? 'somebody'}: ${body}`)
  pubsub.broadcast('room:lobby', 'new_msg', { from: 'echo', body: body.toUpperCase() })
}
