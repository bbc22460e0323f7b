/** Something that happens at a time. */
export interface Due {
  readonly at: number
  /** Orders what happens at the same time. */
  readonly order: number
  /** Undefined once it is taken back. */
  run: (() => void) | undefined
}

/** Below so many, what was taken back may stay in the queue. */
const FEW_TAKEN_BACK = 1_000

/** What is to happen, by time: a binary heap, in which equal times keep their order. */
export class Schedule {
  /** Milliseconds since the beginning. */
  now = 0
  /** Called when something is put into the queue. */
  onAdded: () => void = () => undefined
  readonly #heap: Due[] = []
  #order = 0
  #takenBack = 0

  /** How many things are to happen. */
  get size(): number {
    return this.#heap.length - this.#takenBack
  }

  /** The time of the next thing; undefined when nothing is to happen any more. */
  get nextAt(): number | undefined {
    return this.#first()?.at
  }

  /** Runs something at a time, or now when that has passed. */
  at(time: number, run: () => void): Due {
    const due: Due = { at: Math.max(time, this.now), order: this.#order++, run }
    this.#heap.push(due)
    this.#up(this.#heap.length - 1)
    this.onAdded()
    return due
  }

  after(ms: number, run: () => void): Due {
    return this.at(this.now + ms, run)
  }

  cancel(due: Due | undefined): void {
    if (due?.run === undefined) return
    due.run = undefined
    this.#takenBack++
    if (this.#takenBack > FEW_TAKEN_BACK && this.#takenBack * 2 > this.#heap.length) this.#sweep()
  }

  /** Takes the next thing out, moves the time to it, and runs it. */
  step(): void {
    const due = this.#first()
    if (due === undefined) return
    this.#pop()
    this.now = due.at
    const { run } = due
    due.run = undefined
    run!()
  }

  /** Forgets all that was to happen. */
  clear(): void {
    for (const due of this.#heap) due.run = undefined
    this.#heap.length = 0
    this.#takenBack = 0
  }

  #first(): Due | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.run !== undefined) return first
      this.#pop()
      this.#takenBack--
    }
  }

  #sweep(): void {
    const left = this.#heap.filter(({ run }) => run !== undefined)
    this.#heap.length = 0
    this.#takenBack = 0
    for (const due of left) {
      this.#heap.push(due)
      this.#up(this.#heap.length - 1)
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
      if (!isBefore(heap[child]!, heap[at]!)) return
      swap(heap, at, child)
      at = child
    }
  }

  #up(at: number): void {
    const heap = this.#heap
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(heap[at]!, heap[parent]!)) return
      swap(heap, at, parent)
      at = parent
    }
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}

function swap(heap: Due[], one: number, other: number): void {
  const kept = heap[one]!
  heap[one] = heap[other]!
  heap[other] = kept
}
