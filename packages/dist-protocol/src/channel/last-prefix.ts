import type { Atom } from '@dynsrv/etf'
import type { ControlMessage } from '../control/control-message.ts'

/** Longer ones are rare, and comparing them is no gain. */
const MAX_BYTES = 256

/**
 * What stood in front of the payload of the last message: distribution header and control tuple.
 *
 * One process that sends many messages to one other repeats these bytes each time; they are read once. That holds as long
 * as no atom of the peer's cache changes.
 */
export class LastPrefix {
  /** What the bytes mean; undefined when nothing is kept. */
  control: ControlMessage | undefined
  atoms: readonly Atom[] = []
  /** How many bytes they are. */
  length = 0
  #bytes: Uint8Array | undefined

  /** Whether a frame starts with these bytes, and has a payload behind them. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes!
    const { length } = this
    if (end - start <= length) return false
    // From behind, where the numbers of the processes stand.
    for (let index = length - 1, at = start + index; index >= 0; index--, at--) {
      if (own[index] !== bytes[at]) return false
    }
    return true
  }

  /** @param end where the payload begins */
  keep(bytes: Uint8Array, start: number, end: number, control: ControlMessage, atoms: readonly Atom[]): void {
    const length = end - start
    if (length > MAX_BYTES) {
      this.forget()
      return
    }
    this.#bytes ??= new Uint8Array(MAX_BYTES)
    const own = this.#bytes
    for (let index = 0; index < length; index++) own[index] = bytes[start + index]!
    this.length = length
    this.control = control
    this.atoms = atoms
  }

  forget(): void {
    this.control = undefined
    this.atoms = []
    this.length = 0
  }
}
