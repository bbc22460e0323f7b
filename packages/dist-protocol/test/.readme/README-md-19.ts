import { atom, Pid } from '@dynsrv/etf'
import { AcceptorHandshake, Channel, HIDDEN_FLAGS, InitiatorHandshake } from '@dynsrv/dist-protocol'

const js = { name: 'js@localhost', flags: HIDDEN_FLAGS, creation: 0x5eed_0001 }
const beam = { name: 'beam@localhost', flags: HIDDEN_FLAGS, creation: 0x5eed_0002 }
const dialling = new InitiatorHandshake({ self: js, peerName: beam.name, cookie: 'secret', challenge: 123 })
const dialled = new AcceptorHandshake({ self: beam, cookie: 'secret', challenge: 456, decide: () => 'ok' })

const bytes = (outputs) => Buffer.concat(outputs.flatMap((output) => (output.type === 'send' ? [output.bytes] : [])))
dialled.start()
const reply = dialling.receive(bytes(dialled.receive(bytes(dialling.start()))))
const connected = dialled.receive(bytes(reply)).find(({ type }) => type === 'connected')
globalThis.readmeLog(0, connected.peer.name)

const there = new Channel(connected)
const here = new Channel({ self: js, peer: beam, flags: connected.flags })
here.send({ op: 'REG_SEND', from: new Pid(atom(js.name), 1, 0, js.creation), toName: atom('shell') }, ['hello', 42])
const [message] = there.receive(Buffer.concat(here.takeOutput()))
globalThis.readmeLog(1, message.control.toName.name, message.payload.decode({ binary: 'text' }))