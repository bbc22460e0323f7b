import { expect } from 'vitest'
import type { DistError } from '../../src/error.ts'
import { HIDDEN_FLAGS } from '../../src/flags.ts'
import { AcceptorHandshake, type AcceptorOptions } from '../../src/handshake/acceptor-handshake.ts'
import type { HandshakeOutput } from '../../src/handshake/handshake-machine.ts'
import { InitiatorHandshake, type InitiatorOptions } from '../../src/handshake/initiator-handshake.ts'
import type { NodeIdentity } from '../../src/node-identity.ts'

export const JS: NodeIdentity = { name: 'js@localhost', flags: HIDDEN_FLAGS, creation: 0xdead_beef }
export const BEAM: NodeIdentity = { name: 'beam@localhost', flags: HIDDEN_FLAGS, creation: 0x8000_0004 }

export function initiator(options: Partial<InitiatorOptions> = {}): InitiatorHandshake {
  return new InitiatorHandshake({ self: JS, peerName: BEAM.name, cookie: 'lab', challenge: 0xffff_ffff, ...options })
}

export function acceptor(options: Partial<AcceptorOptions> = {}): AcceptorHandshake {
  return new AcceptorHandshake({ self: BEAM, cookie: 'lab', challenge: 0, decide: () => 'ok', ...options })
}

/** The bytes that a machine wants sent. */
export function sent(outputs: readonly HandshakeOutput[]): Uint8Array {
  return new Uint8Array(Buffer.concat(outputs.flatMap((output) => (output.type === 'send' ? [output.bytes] : []))))
}

export function failure(outputs: readonly HandshakeOutput[]): DistError {
  const last = outputs.at(-1)
  expect(last?.type).toBe('failed')
  return (last as HandshakeOutput & { type: 'failed' }).error
}

export function connection(outputs: readonly HandshakeOutput[]): HandshakeOutput & { type: 'connected' } {
  const last = outputs.at(-1)
  expect(last?.type).toBe('connected')
  return last as HandshakeOutput & { type: 'connected' }
}

export interface Driven {
  readonly a: readonly HandshakeOutput[]
  readonly b: readonly HandshakeOutput[]
}

/** Joins two machines by a wire that delivers pieces of `pieceBytes`, until neither has anything more to say. */
export function drive(a: InitiatorHandshake, b: AcceptorHandshake, pieceBytes = Number.POSITIVE_INFINITY): Driven {
  const said: { a: HandshakeOutput[]; b: HandshakeOutput[] } = { a: [...a.start()], b: [...b.start()] }
  const waiting = { a: [sent(said.b)], b: [sent(said.a)] }
  const machines = { a, b }
  for (let side: 'a' | 'b' = 'b', idle = 0; idle < 2; side = side === 'a' ? 'b' : 'a') {
    const bytes = Buffer.concat(waiting[side].splice(0))
    idle = bytes.length === 0 ? idle + 1 : 0
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (machines[side].state === 'connected') break
      const outputs = machines[side].receive(new Uint8Array(bytes.subarray(at, at + pieceBytes)))
      said[side].push(...outputs)
      waiting[side === 'a' ? 'b' : 'a'].push(sent(outputs))
    }
  }
  return said
}
