import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { framePacket, type HeaderBytes, PacketReader } from '../src/packet.ts'
import { bytesOf, join, toHex } from './captures.ts'

function readAll(reader: PacketReader, chunk: Uint8Array): string[] {
  const packets: string[] = []
  reader.push(chunk)
  while (reader.next()) packets.push(toHex(reader.bytes.subarray(reader.start, reader.end)))
  return packets
}

describe.each([2, 4] as const)('packets with %i bytes of length', (headerBytes: HeaderBytes) => {
  const bodies = ['', '01', '', '0203', 'ff'.repeat(300)]
  const stream = join(...bodies.map((hex) => framePacket(headerBytes, bytesOf(hex))))

  it('have their length in front, big-endian', () => {
    const length = headerBytes === 2 ? '0102' : '00000102'
    expect(toHex(framePacket(headerBytes, new Uint8Array(258))).slice(0, headerBytes * 2)).toBe(length)
  })

  it('come out whole at every cut', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new PacketReader(headerBytes, 1000)
      const packets = [...readAll(reader, stream.subarray(0, cut)), ...readAll(reader, stream.subarray(cut))]
      expect(packets).toStrictEqual(bodies)
    }
  })

  it('come out whole byte by byte', () => {
    const reader = new PacketReader(headerBytes, 1000)
    expect([...stream].flatMap((byte) => readAll(reader, Uint8Array.of(byte)))).toStrictEqual(bodies)
  })

  it('come out whole however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
        (given, cuts) => {
          const bytes = join(...given.map((body) => framePacket(headerBytes, body)))
          const reader = new PacketReader(headerBytes, 40)
          const packets: string[] = []
          for (let at = 0; at < bytes.length; ) {
            const size = cuts.next().value!
            packets.push(...readAll(reader, bytes.subarray(at, at + size)))
            at += size
          }
          expect(packets).toStrictEqual(given.map(toHex))
        },
      ),
    )
  })

  it('above the limit are refused when their length is known', () => {
    const reader = new PacketReader(headerBytes, 10)
    const large = framePacket(headerBytes, new Uint8Array(11))
    reader.push(large.subarray(0, headerBytes))
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'DIST_FRAME_TOO_LARGE' }))
  })
})

describe('a packet reader', () => {
  it('shows a packet that lies whole in its chunk in place', () => {
    const chunk = framePacket(4, new Uint8Array(5000).fill(7))
    const reader = new PacketReader(4, 10_000)
    reader.push(chunk)
    expect(reader.next()).toBe(true)
    expect(reader.bytes).toBe(chunk)
  })

  it('hands over what is behind a packet', () => {
    const reader = new PacketReader(2, 10)
    reader.push(bytesOf('00016103'))
    expect(reader.next()).toBe(true)
    expect(toHex(reader.rest())).toBe('03')
    expect(reader.next()).toBe(false)
  })

  it('announced 64 MiB and nothing more: holds no more than a first room', () => {
    const reader = new PacketReader(4, 2 ** 26)
    reader.push(bytesOf('04000000'))
    expect(reader.next()).toBe(false)
    expect(reader.readTarget()?.buffer.byteLength).toBe(2 ** 20)
  })

  it('lets the rest of a large packet be read straight to its place', () => {
    const body = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251)
    const packet = framePacket(4, body)
    const reader = new PacketReader(4, 2 ** 26)
    reader.push(packet.subarray(0, 100))
    expect(reader.next()).toBe(false)
    let aimed = 0
    let whole = false
    for (let at = 100; !whole; ) {
      const target = reader.readTarget()
      const source = packet.subarray(at, at + (target?.length ?? Number.POSITIVE_INFINITY))
      if (target !== undefined) {
        target.set(source)
        aimed += source.length
      }
      reader.push(target === undefined ? source : target.subarray(0, source.length))
      whole = reader.next()
      at += source.length
    }
    expect(toHex(reader.bytes.subarray(reader.start, reader.end))).toBe(toHex(body))
    expect(aimed).toBeGreaterThan(2_900_000)
  })
})
