import { type Rule, wrong } from '@dynsrv/kit'

/** A length of time: milliseconds, or a text such as `500 ms`, `20 s`, `5 min`, `1 h` or `2 d`. */
export type Duration = number | `${number} ${'ms' | 's' | 'min' | 'h' | 'd'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const TEXT = /^(\d+(?:\.\d+)?) ?(ms|s|min|h|d)$/
/** A hundred years. */
const MAX_MS = 100 * 366 * 86_400_000
const WHAT = 'a number of milliseconds, or a text such as 20 s, 5 min or 1 h, up to 100 years'

/** How a length of time is checked. */
export const durationRule: Rule = {
  what: WHAT,
  check: (value, at) => {
    const isOne = typeof value === 'number' || (typeof value === 'string' && TEXT.test(value))
    const ms = isOne ? millisecondsOf(value as Duration) : Number.NaN
    return ms >= 0 && ms <= MAX_MS ? undefined : wrong(at, WHAT, value)
  },
}

/** How many milliseconds a length of time has that was checked. */
export function millisecondsOf(duration: Duration): number {
  if (typeof duration === 'number') return duration
  const [, count = '0', unit = 'ms'] = TEXT.exec(duration)!
  return Number(count) * UNITS[unit]!
}
