import type { Reference } from '@dynsrv/etf'
import type { Identifiers } from './identifiers.ts'

const LEAST_BITS = 4
/** 2^32 over the golden ratio: multiples of it fall into the gaps that earlier ones have left. */
const SPREAD = 0x9e37_79b1

/**
 * What belongs to references of our own, of which calls make and end one or two each.
 *
 * No `Map`: one of those is copied again and again while entries come and go, and its old copies, which refer to the
 * newer ones, keep what was deleted alive until the next full collection. References are counted up; their numbers are
 * spread, since of numbers that stand side by side each that leaves has all that follow looked at.
 */
export class OwnReferences<Value> {
  readonly #ids: Identifiers
  /** 2^n places, at most half of them taken; 0 is a free one. */
  #numbers: number[] = new Array<number>(2 ** LEAST_BITS).fill(0)
  /** The last word of each. */
  #secrets: number[] = new Array<number>(2 ** LEAST_BITS).fill(0)
  #values: (Value | undefined)[] = new Array<Value | undefined>(2 ** LEAST_BITS).fill(undefined)
  #size = 0
  #bits = LEAST_BITS

  constructor(ids: Identifiers) {
    this.#ids = ids
  }

  get size(): number {
    return this.#size
  }

  /** What belongs to a reference; undefined when nothing does, for references of others, and for guesses. */
  get(ref: Reference): Value | undefined {
    const place = this.#find(ref)
    return place < 0 ? undefined : this.#values[place]
  }

  /** @param ref one of our own */
  set(ref: Reference, value: Value): void {
    const number = this.#ids.referenceNumber(ref)
    const known = this.#find(ref)
    if (known >= 0) {
      this.#values[known] = value
      return
    }
    if (++this.#size * 2 > this.#numbers.length) this.#grow()
    this.#put(number, ref.words[2]!, value)
  }

  /** Takes out what belongs to a reference. */
  delete(ref: Reference): Value | undefined {
    let place = this.#find(ref)
    if (place < 0) return undefined
    const numbers = this.#numbers
    const secrets = this.#secrets
    const values = this.#values
    const mask = numbers.length - 1
    const taken = values[place]
    // What stands behind it and had to give way to it moves up, so that no search ends too early.
    for (let next = (place + 1) & mask; numbers[next] !== 0; next = (next + 1) & mask) {
      const home = this.#home(numbers[next]!)
      if (((next - home) & mask) < ((next - place) & mask)) continue
      numbers[place] = numbers[next]!
      secrets[place] = secrets[next]!
      values[place] = values[next]
      place = next
    }
    numbers[place] = 0
    values[place] = undefined
    this.#size--
    return taken
  }

  /** All of them, as they are now, in no order. */
  values(): Value[] {
    return this.#values.filter((_, place) => this.#numbers[place] !== 0) as Value[]
  }

  #home(number: number): number {
    return Math.imul(number, SPREAD) >>> (32 - this.#bits)
  }

  #find(ref: Reference): number {
    const number = this.#ids.referenceNumber(ref)
    if (number === 0) return -1
    const numbers = this.#numbers
    const mask = numbers.length - 1
    for (let place = this.#home(number); ; place = (place + 1) & mask) {
      const here = numbers[place]
      if (here === number) return this.#secrets[place] === ref.words[2] ? place : -1
      if (here === 0) return -1
    }
  }

  #put(number: number, secret: number, value: Value): void {
    const mask = this.#numbers.length - 1
    let place = this.#home(number)
    while (this.#numbers[place] !== 0) place = (place + 1) & mask
    this.#numbers[place] = number
    this.#secrets[place] = secret
    this.#values[place] = value
  }

  #grow(): void {
    const [numbers, secrets, values] = [this.#numbers, this.#secrets, this.#values]
    this.#bits++
    this.#numbers = new Array<number>(numbers.length * 2).fill(0)
    this.#secrets = new Array<number>(numbers.length * 2).fill(0)
    this.#values = new Array<Value | undefined>(numbers.length * 2).fill(undefined)
    for (const [place, number] of numbers.entries()) {
      if (number !== 0) this.#put(number, secrets[place]!, values[place] as Value)
    }
  }
}
