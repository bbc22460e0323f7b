/** Bytes in several pieces of memory, handed out from the front in runs of any length and never copied. */
export class ByteParts {
  /** How many are left. */
  length: number
  readonly #parts: readonly Uint8Array[]
  #index = 0
  #offset = 0

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts
    this.length = parts.reduce((sum, part) => sum + part.length, 0)
  }

  /** The next `count` bytes, or as many as are left. */
  take(count: number): Uint8Array[] {
    const taken: Uint8Array[] = []
    let missing = Math.min(count, this.length)
    this.length -= missing
    while (missing > 0) {
      const part = this.#parts[this.#index]!
      const piece = part.subarray(this.#offset, this.#offset + missing)
      taken.push(piece)
      missing -= piece.length
      this.#offset += piece.length
      if (this.#offset < part.length) continue
      this.#index++
      this.#offset = 0
    }
    return taken
  }
}
