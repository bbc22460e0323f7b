import type { Random } from '@dynsrv/kit'

/** Chance that a seed repeats: sfc32 of PractRand, with 128 bits of state. */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param seed a number, or a text such as the name of a host: each has a sequence of its own */
  constructor(seed: number | string) {
    const text = String(seed)
    this.#a = fnv1a(`a${text}`)
    this.#b = fnv1a(`b${text}`)
    this.#c = fnv1a(`c${text}`)
    // What begins alike has parted after a few steps.
    for (let step = 0; step < 12; step++) this.uint32()
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  number(): number {
    return this.uint32() / 0x1_0000_0000
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() >>> 24)
  }

  /** A whole number from `min` up to but not including `max`. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.number() * (max - min))
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length)]!
  }
}

const FNV_PRIME = 0x0100_0193

/** A hash of a text, 32 bits. */
export function fnv1a(text: string, hash = 0x811c_9dc5): number {
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
  return hash >>> 0
}
