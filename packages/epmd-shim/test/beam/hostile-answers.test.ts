import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { expect, it } from 'vitest'

const SERVICE = 'svc.test'
const SRV = 33
const A = 1

/** A DNS name on the wire; a label may hold any bytes. */
function name(...labels: string[]): Buffer {
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ])
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner, head, data])
}

function srv(owner: Buffer, port: number, target: Buffer): Buffer {
  return record(owner, SRV, Buffer.concat([Buffer.from([0, 0, 0, 0, port >> 8, port & 255]), target]))
}

/** A DNS server that gives these records to every question. */
async function server(answers: Buffer[], additionals: Buffer[]) {
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5)
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8580, 2)
    for (const [at, count] of [1, answers.length, 0, additionals.length].entries())
      head.writeUInt16BE(count, 4 + 2 * at)
    socket.send(Buffer.concat([head, question, ...answers, ...additionals]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { address: `127.0.0.1:${socket.address().port}`, [Symbol.asyncDispose]: async () => void socket.close() }
}

const own = name('svc', 'test')
const ip = (...bytes: number[]) => Buffer.from(bytes)

it('reads no record of another owner, and gives no name with a control character', async () => {
  const alias = record(own, 5, name('real', 'test'))
  const answers = [
    alias,
    srv(name('real', 'test'), 4001, name('web-1', 'svc', 'test')),
    srv(name('other', 'test'), 4666, name('web-2', 'svc', 'test')),
    srv(name('real', 'test'), 4002, name('bad\u001b[2J', 'svc', 'test')),
    srv(name('real', 'test'), 4003, name('sp ace', 'svc', 'test')),
    srv(name('real', 'test'), 0, name('web-0', 'svc', 'test')),
  ]
  await using dns = await server(answers, [
    record(name('web-1', 'svc', 'test'), A, ip(10, 0, 0, 1)),
    record(name('web-2', 'svc', 'test'), A, ip(10, 6, 6, 6)),
  ])
  const env = { ERL_DIST_PORT: String(await freePort()), DYNSRV_DNS: dns.address }
  await using erl = await startErl({ name: `self@${SERVICE}`, cookie: 'hostile', env, args: companionArgs() })
  expect(await erl.eval(`dynsrv_epmd:names("${SERVICE}")`)).toBe('{ok,[{"web-1",4001}]}')
  expect(await erl.eval(`dynsrv_epmd:address_please("web-1", "${SERVICE}", inet)`)).toBe('{ok,{10,0,0,1},4001,6}')
  expect(await erl.eval(`element(1, dynsrv_epmd:address_please("web-2", "${SERVICE}", inet))`)).toBe('error')
  const ignored = await erl.eval(`maps:get(ignored, element(2, dynsrv_epmd:resolve_srv("${SERVICE}", #{})))`)
  expect(ignored).toContain('{"sp?ace.svc.test","its target is not a domain name"}')
  expect(ignored).toContain('{"web-0.svc.test","nobody can dial port 0"}')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  expect(ignored).not.toMatch(/[\u0000-\u001f]/)
})

it('finds a node where it was last while DNS does not answer, and not any more once it was forgotten', async () => {
  const env = { ERL_DIST_PORT: String(await freePort()), DYNSRV_DNS: '127.0.0.1:1' }
  await using erl = await startErl({ name: `self@${SERVICE}`, cookie: 'hostile', env, args: companionArgs() })
  const ask = () => erl.eval(`dynsrv_epmd:address_please("Web-1", "${SERVICE}", inet)`)
  expect(await erl.eval(`dynsrv_epmd:offer("web-1@${SERVICE}", inet, {{10,0,0,1},4001})`)).toBe('ok')
  expect(await ask()).toBe('{ok,{10,0,0,1},4001,6}')
  await erl.eval(`dynsrv_epmd:offer("web-1@${SERVICE}", inet, none)`)
  expect(await ask()).toMatch(/^\{error,\{lookup_failed,/)
})
