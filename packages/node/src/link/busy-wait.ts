import { type Clock, realWorld } from '@dynsrv/kit'

/** With more calls than this under way answers come in crowds, and are read the cheaper the more of them have come. */
const FEW_CALLS = 8

/**
 * Keeps the event loop awake for a moment while bytes come in quick succession.
 *
 * To put a thread to sleep and to wake it takes longer than to answer most messages, and the sender
 * pays for waking a sleeper. BEAM's schedulers look for work for a while before they sleep, for the same reason.
 *
 * What it costs stays in proportion to what comes: bytes that come alone, with a longer pause before them, are not waited
 * behind, nor are the answers to many calls, nor a stream that goes one way.
 *
 * @see OTP `erl`, `+sbwt`
 */
export class BusyWait {
  /** Calls that wait for their answer. */
  callsUnderWay = 0
  readonly #clock: Pick<Clock, 'monotonic' | 'setImmediate'>
  #cameAt = Number.NEGATIVE_INFINITY
  #until = 0
  #isAwake = false

  constructor(clock: Pick<Clock, 'monotonic' | 'setImmediate'>) {
    this.#clock = clock
  }

  /**
   * Bytes came.
   *
   * @param ms how soon bytes must follow each other for the loop to be kept awake, and for how long; 0 does nothing
   * @param isExchange whether something was sent since the bytes before them: a stream is read the cheaper the more of it
   *   has come
   */
  came(ms: number, isExchange: boolean): void {
    if (ms === 0) return
    const now = this.#clock.monotonic()
    const pause = now - this.#cameAt
    this.#cameAt = now
    if (isExchange && pause <= ms && this.callsUnderWay <= FEW_CALLS) this.#stay(now + ms)
  }

  /**
   * Something was sent to which an answer is due at once.
   *
   * @param ms for how long the loop is kept awake; 0 does nothing
   */
  expect(ms: number): void {
    if (ms > 0) this.#stay(this.#clock.monotonic() + ms)
  }

  #stay(until: number): void {
    this.#until = until
    if (this.#isAwake) return
    this.#isAwake = true
    this.#clock.setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    if (this.#clock.monotonic() < this.#until) this.#clock.setImmediate(this.#turn)
    else this.#isAwake = false
  }
}

/** All links of this thread share its event loop, which is the real one whatever world a node lives in. */
export const busyWait = new BusyWait(realWorld.clock)
