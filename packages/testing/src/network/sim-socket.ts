import type { OnReadOpts } from 'node:net'
import { Duplex } from 'node:stream'
import type { Timer } from '@dynsrv/kit'
import type { Process } from '../machine.ts'
import { systemError } from './system-error.ts'
import type { TcpEnd, TcpUser } from './tcp-end.ts'

/** So much is read at once. Unit: bytes. */
const READ_BYTES = 64 * 1024

type Done = (error?: Error | null) => void

/** What a socket is made with. */
export interface SimSocketOptions {
  readonly allowHalfOpen?: boolean | undefined
  readonly onread?: OnReadOpts | undefined
}

/**
 * A TCP socket of a program in the simulator: the part of `net.Socket` that programs use. It is a `Duplex` as that is, so
 * that backpressure, half-close, and the order of events are those of Node.
 */
export class SimSocket extends Duplex implements TcpUser {
  connecting = false
  timeout: number | undefined
  readonly autoSelectFamilyAttemptedAddresses: string[] = []
  readonly #process: Process
  readonly #onread: OnReadOpts | undefined
  #end: TcpEnd | undefined
  /** What has to be taken by the system before more is written. */
  #writing: { bytes: Uint8Array; readonly done: Done } | undefined
  #finishing: Done | undefined
  #wantsBytes = false
  #pumping = false
  #sawEnd = false
  #bytesRead = 0
  #bytesWritten = 0
  #idle: Timer | undefined

  constructor(process: Process, { allowHalfOpen = false, onread }: SimSocketOptions) {
    super({ allowHalfOpen, decodeStrings: true, emitClose: false, autoDestroy: true })
    this.#process = process
    this.#onread = onread
  }

  /** It stands on this end from now on. */
  attach(end: TcpEnd): void {
    this.#end = end
    end.user = this
    this.#flush()
    // As Node: the end of the other side is seen also by those who never read.
    if (!this.isPaused()) this.read(0)
    if (end.hasBytes || end.isEnded) this.onReadable()
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength
  }

  get bufferSize(): number {
    return this.writableLength
  }

  get pending(): boolean {
    return this.#end === undefined
  }

  get readyState(): 'open' | 'opening' | 'closed' | 'readOnly' | 'writeOnly' {
    if (this.connecting) return 'opening'
    if (this.#end === undefined || this.destroyed) return 'closed'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get localAddress(): string | undefined {
    return this.#end?.localIp
  }

  get localPort(): number | undefined {
    return this.#end?.localPort
  }

  get localFamily(): 'IPv4' | undefined {
    return this.#end && 'IPv4'
  }

  get remoteAddress(): string | undefined {
    return this.destroyed ? undefined : this.#end?.remoteIp
  }

  get remotePort(): number | undefined {
    return this.destroyed ? undefined : this.#end?.remotePort
  }

  get remoteFamily(): 'IPv4' | undefined {
    return this.destroyed ? undefined : this.#end && 'IPv4'
  }

  address(): { address: string; port: number; family: 'IPv4' } | Record<string, never> {
    const end = this.#end
    return end === undefined ? {} : { address: end.localIp, port: end.localPort, family: 'IPv4' }
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(ms: number, onTimeout?: () => void): this {
    this.timeout = ms
    this.#alive()
    if (onTimeout !== undefined) {
      if (ms === 0) this.off('timeout', onTimeout)
      else this.once('timeout', onTimeout)
    }
    return this
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    this.#end?.reset()
    return this.destroy()
  }

  override pause(): this {
    if (this.#onread !== undefined) this.#wantsBytes = false
    return super.pause()
  }

  override resume(): this {
    if (this.#onread !== undefined && !this.connecting) {
      this.#wantsBytes = true
      this.#pumpSoon()
    }
    return super.resume()
  }

  override _read(): void {
    this.#wantsBytes = true
    this.#pumpSoon()
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#writing = { bytes, done }
    this.#flush()
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary' as BufferEncoding, done)
  }

  override _final(done: Done): void {
    this.#finishing = done
    this.#flush()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false
    this.#process.world.clock.clearTimeout(this.#idle)
    this.#end?.close()
    this.#writing = undefined
    this.#finishing = undefined
    done(error)
    this.#process.post(0, () => this.emit('close', error !== null))
  }

  // What the system tells.

  onReadable(): void {
    this.#pump()
  }

  onWritable(): void {
    this.#flush()
  }

  failed(code: 'ECONNRESET' | 'ETIMEDOUT'): void {
    // What came before it is read first.
    while (this.#end?.hasBytes === true && this.#wantsBytes && !this.destroyed) this.#take(this.#end)
    this.destroy(systemError(code, this.#writing === undefined ? 'read' : 'write'))
  }

  #flush(): void {
    const end = this.#end
    if (end === undefined) return
    const writing = this.#writing
    if (writing !== undefined) {
      this.#alive()
      const taken = end.write(writing.bytes)
      if (taken < writing.bytes.length) {
        writing.bytes = writing.bytes.subarray(taken)
        this.#bytesWritten += taken
        return
      }
      this.#writing = undefined
      this.#bytesWritten += taken
      writing.done()
    }
    const finishing = this.#finishing
    if (finishing === undefined || this.#writing !== undefined) return
    this.#finishing = undefined
    end.finish()
    finishing()
  }

  #pumpSoon(): void {
    const end = this.#end
    if (this.#pumping || end === undefined || !(end.hasBytes || end.isEnded)) return
    this.#pumping = true
    this.#process.post(0, () => {
      this.#pumping = false
      this.#pump()
    })
  }

  /** Reads once, as one event; more follows in the next one. */
  #pump(): void {
    const end = this.#end
    if (end === undefined || this.destroyed || !this.#wantsBytes) return
    if (end.hasBytes) {
      this.#take(end)
      if (!this.destroyed) this.#pumpSoon()
    } else if (end.isEnded && !this.#sawEnd) {
      this.#sawEnd = true
      this.push(null)
      this.read(0)
    }
  }

  #take(end: TcpEnd): void {
    this.#alive()
    if (this.#onread === undefined) {
      const bytes = end.read(READ_BYTES)
      this.#bytesRead += bytes.length
      if (!this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))) this.#wantsBytes = false
      return
    }
    const { buffer, callback } = this.#onread
    const target = typeof buffer === 'function' ? buffer() : buffer
    const bytes = end.read(target.length)
    target.set(bytes)
    this.#bytesRead += bytes.length
    if (!callback(bytes.length, target)) this.#wantsBytes = false
  }

  /** Something moved: the time that it may be idle begins anew. */
  #alive(): void {
    const { timeout } = this
    const { clock } = this.#process.world
    if (this.#idle !== undefined) {
      clock.clearTimeout(this.#idle)
      this.#idle = undefined
    }
    if (timeout === undefined || timeout === 0 || this.destroyed) return
    this.#idle = clock.setTimeout(() => this.emit('timeout'), timeout)
  }
}
