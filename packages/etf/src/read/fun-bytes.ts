import type { Atom } from '../term.ts'
import { ByteWriter } from '../write/byte-writer.ts'

/** A reference to an atom of the header: a tag and an index. */
const REF_BYTES = 2

/**
 * Keeps a fun as it came, though the distribution header that names its atoms is gone with the frame, and with the sizes
 * that it and those inside it have: OTP 23 believes what a fun announces, later releases do not look at it.
 *
 * It is filled while the outermost of nested funs is read, which is the only one that is kept: the bytes of those inside it
 * are a part of its own, and no copy is made of them for each.
 */
export class FunBytes {
  /** Where atoms of the header are referred to, in the order of the bytes. */
  readonly #refs: { readonly at: number; readonly atom: Atom }[] = []
  /** The funs, whose sizes change with the atoms inside them. */
  readonly #funs: { readonly start: number; readonly end: number }[] = []

  addAtomRef(at: number, atom: Atom): void {
    this.#refs.push({ at, atom })
  }

  addFun(start: number, end: number): void {
    this.#funs.push({ start, end })
  }

  /** A copy of `bytes[start, end)` in which each atom stands in place. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (this.#refs.length === 0) return this.#sliced(bytes, start, end)
    const writer = new ByteWriter(2 * (end - start))
    const grown: number[] = []
    let from = start
    for (const { at, atom } of this.#refs) {
      writer.bytes(bytes.subarray(from, at))
      writer.bytes(atom.wire)
      from = at + REF_BYTES
      grown.push(writer.length - (from - start))
    }
    writer.bytes(bytes.subarray(from, end))
    for (const fun of this.#funs) {
      const sizeAt = fun.start - start + this.#grownBefore(fun.start, grown) + 1
      writer.setU32(sizeAt, fun.end - start + this.#grownBefore(fun.end, grown) - sizeAt)
    }
    return writer.take()
  }

  /** In just as much memory as it takes: a writer's would stay with the fun. */
  #sliced(bytes: Uint8Array, start: number, end: number): Uint8Array {
    // `slice` of a `Buffer` is no copy.
    const own: Uint8Array = Uint8Array.prototype.slice.call(bytes, start, end)
    const view = new DataView(own.buffer, own.byteOffset, own.byteLength)
    for (const fun of this.#funs) {
      const sizeAt = fun.start - start + 1
      view.setUint32(sizeAt, fun.end - start - sizeAt)
    }
    return own
  }

  /** How many bytes have come in front of what stood at `at`. */
  #grownBefore(at: number, grown: readonly number[]): number {
    let low = 0
    let high = this.#refs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#refs[middle]!.at < at) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : grown[low - 1]!
  }
}
