import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { framePacket } from '@dynsrv/dist-protocol'

/** What a stranger would write: colours, a cleared screen, a control of one byte, text turned round, and a forged line. */
export const FORGED = '{"type":"forged"}'
export const HOSTILE = `e\u001b[31m\u001b[2J\u009b2J\u202e\u0007\r\n${FORGED}\n`
/** The same without line breaks, where a line is a name. */
export const HOSTILE_LINE = HOSTILE.replaceAll(/[\r\n]/g, '')

/** Everything that a terminal would obey, and what is not to be seen; a line's end may end a line. */
const OBEYED = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u

/** What is wrong with a command's output: nothing for one that shows a stranger's text and does not send it. */
export function faults(output: string, { json }: { readonly json: boolean }): string[] {
  const obeyed = OBEYED.exec(output)
  const lines = output.split('\n').filter((line) => line !== '')
  return [
    ...(obeyed === null
      ? []
      : [`a terminal obeys ${JSON.stringify(output.slice(obeyed.index - 40, obeyed.index + 20))}`]),
    ...lines.filter((line) => line.trimStart().startsWith(FORGED)).map(() => 'a forged line'),
    ...(json ? lines.filter((line) => !isObject(line)).map((line) => `not a JSON object: ${line}`) : []),
  ]
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

async function listening(server: Server): Promise<{ readonly port: number } & AsyncDisposable> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close }
}

/** An epmd whose every node has a hostile name; each is at this port. */
export function hostileEpmd(port: number) {
  const names = [HOSTILE_LINE, `a b", "x": "`, `\u2028${HOSTILE_LINE}`]
  const text = names.map((name) => `name ${name} at port ${port}\n`).join('')
  return listening(
    createServer((socket) => {
      socket
        .on('error', () => socket.destroy())
        .once('data', (request) => {
          // NAMES_REQ gets the list; PORT_PLEASE2_REQ a node of the highest version, whose name is as asked.
          const asked = request.subarray(3)
          if (request[2] === 110) return socket.end(Buffer.concat([Buffer.of(0, 0, 17, 17), Buffer.from(text)]))
          const head = Buffer.of(119, 0, port >> 8, port & 255, 77, 0, 0, 6, 0, 5, 0, asked.length)
          return socket.end(Buffer.concat([head, asked, Buffer.of(0, 0)]))
        })
    }),
  )
}

/** A node that gives its hostile name, or a hostile status, to every caller. */
export function hostileNode(what: 'name' | 'status') {
  const challenge = Buffer.concat([Buffer.alloc(1, 'N'), u64(0xd_0b00_7fbcn), u32(1), u32(4711)])
  const name = Buffer.from(`${HOSTILE_LINE}@my-service.test`)
  const status = what === 'status' ? `s${HOSTILE}` : 'sok'
  return listening(
    createServer((socket) => {
      socket
        .on('error', () => socket.destroy())
        .once('data', () => {
          socket.write(framePacket(2, Buffer.from(status)))
          socket.write(framePacket(2, Buffer.concat([challenge, u16(name.length), name])))
        })
    }),
  )
}

/** A server that is no node and says so in hostile words. */
export function hostileServer() {
  return listening(
    createServer((socket) => {
      const head = `HTTP/1.1 400 ${HOSTILE_LINE}\r\nServer: ${HOSTILE_LINE}\r\n\r\n${HOSTILE}`
      socket.on('error', () => socket.destroy()).once('data', () => socket.end(head))
    }),
  )
}

/** A DNS server: each question about SRV is answered with hostile targets, each about an address with the loopback. */
export async function hostileDns(
  service: string,
  port: number,
): Promise<{ readonly address: string } & AsyncDisposable> {
  const socket = createSocket('udp4')
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12) + 5
    const type = question.readUInt16BE(end - 4)
    const labels = [HOSTILE.slice(0, 40), 'erl 1", "x": "', `${'x'.repeat(40)}\u202e`, 'erl-1']
    const srv = (label: string) =>
      Buffer.concat([u16(0), u16(0), u16(port), encodedName([label, ...service.split('.')])])
    const data = type === 33 ? labels.map(srv) : type === 1 ? [Buffer.of(127, 0, 0, 1)] : []
    const answers = data.map((each) =>
      Buffer.concat([Buffer.of(0xc0, 12), u16(type), u16(1), u32(1), u16(each.length), each]),
    )
    const head = Buffer.concat([question.subarray(0, 2), u16(0x8580), u16(1), u16(answers.length), u32(0)])
    socket.send(Buffer.concat([head, question.subarray(12, end), ...answers]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  }
}

function encodedName(labels: readonly string[]): Buffer {
  const parts = labels.map((label) => Buffer.from(label))
  return Buffer.concat([...parts.flatMap((part) => [Buffer.of(part.length), part]), Buffer.of(0)])
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 255)
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
