import type { Socket } from 'node:net'
import { type DistError, type HandshakeOutput, isDistError, type NodeIdentity } from '@dynsrv/dist-protocol'
import { type Clock, type Random, secretInteger, type Timer } from '@dynsrv/kit'
import { NodeError } from '../error.ts'
import { busyWait } from './busy-wait.ts'
import type { SocketInput } from './socket-input.ts'

/** A socket over which both sides have proved themselves; paused until a connection takes it. */
export interface Established {
  readonly socket: Socket
  readonly input: SocketInput
  /** The peer's address, `ip:port`. */
  readonly address: string
  readonly direction: 'incoming' | 'outgoing'
  readonly self: NodeIdentity
  readonly peer: NodeIdentity
  readonly flags: bigint
  /** Bytes that came behind the handshake. */
  readonly rest: Uint8Array
}

/** What both handshake machines have in common. */
export interface HandshakeLike {
  readonly peer: NodeIdentity | undefined
  start(): HandshakeOutput[]
  receive(chunk: Uint8Array): HandshakeOutput[]
  end(): HandshakeOutput[]
  timeout(): HandshakeOutput[]
}

export interface HandshakeSocketOptions {
  readonly clock: Clock
  readonly socket: Socket
  readonly input: SocketInput
  readonly machine: HandshakeLike
  readonly address: string
  readonly direction: 'incoming' | 'outgoing'
  /** Unit: milliseconds, anew for each stage as in OTP. */
  readonly setupTimeMs: number
  /** What is left of that for the first stage; default: all of it. */
  readonly firstStageMs?: number
  /** See `NodeOptions.busyWaitMs`; default 0: a peer that dials us does not keep us awake. */
  readonly busyWaitMs?: number
  readonly signal?: AbortSignal
}

/** A challenge that nobody can foresee; the whole unsigned 32-bit range is legal. */
export function randomChallenge(random: Random): number {
  return secretInteger(random, 0, 0x1_0000_0000)
}

/**
 * Runs a handshake machine over an open socket.
 *
 * @throws {NodeError} with the machine's code; the socket is closed then
 * @throws the signal's reason when it aborts
 */
export function runHandshake(options: HandshakeSocketOptions): Promise<Established> {
  const { clock, socket, input, machine, address, direction, setupTimeMs, busyWaitMs = 0, signal } = options
  let stageMs = options.firstStageMs ?? setupTimeMs
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined
    const leave = () => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      input.reader = undefined
      socket.off('end', onEnd).off('close', onEnd)
    }
    const fail = (error: unknown) => {
      leave()
      // What was said last, such as why the peer is refused, still goes out.
      socket.destroySoon()
      const patience = clock.setTimeout(() => socket.destroy(), setupTimeMs)
      patience.unref()
      socket.once('close', () => clock.clearTimeout(patience))
      reject(error)
    }
    const apply = (outputs: readonly HandshakeOutput[]) => {
      for (const output of outputs) {
        if (output.type === 'send') {
          socket.write(output.bytes)
          busyWait.expect(busyWaitMs)
        } else if (output.type === 'progress') restart()
        else if (output.type === 'failed') return fail(nodeError(output.error, machine.peer?.name))
        else {
          leave()
          socket.pause()
          const { self, peer, flags, rest } = output
          resolve({ socket, input, address, direction, self, peer, flags, rest })
        }
      }
    }
    const restart = () => {
      clock.clearTimeout(timer)
      timer = clock.setTimeout(() => attempt(() => machine.timeout()), stageMs)
    }
    const attempt = (step: () => HandshakeOutput[]) => {
      try {
        apply(step())
      } catch (error) {
        fail(isDistError(error) ? nodeError(error, machine.peer?.name) : error)
      }
    }
    const onData = (chunk: Uint8Array) => attempt(() => machine.receive(chunk))
    const onEnd = () => attempt(() => machine.end())
    const onAbort = () => fail(signal!.reason)
    if (signal?.aborted === true) return fail(signal.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('end', onEnd).on('close', onEnd)
    restart()
    attempt(() => machine.start())
    stageMs = setupTimeMs
    input.reader = { receive: onData }
  })
}

/** The same facts as an error of this package. */
export function nodeError(error: DistError, peer: string | undefined): NodeError {
  const { code, message, hint, retryable, fault } = error
  return new NodeError(code, message, { hint, retryable, fault, peer: error.peer ?? peer, cause: error })
}
