import { DynsrvError } from '@dynsrv/cluster'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

const HOW = 'Write it like 500ms, 5s or 1m.'

/** The longest time that timers of Node.js hold; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * Reads a time as a person writes it: `500ms`, `5s`, `2m`. A number alone is refused: it could be seconds or milliseconds.
 *
 * @returns milliseconds, at least 1 and no more than 24.8 days, as long as a timer can wait
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function durationMs(text: string): number {
  const [, amount = '', unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text.trim()) ?? []
  if (amount !== '' && unit === undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `${JSON.stringify(text)} has no unit`, {
      hint: Number(amount) > 0 ? `Write ${amount}s or ${amount}ms.` : HOW,
    })
  }
  const milliseconds = Math.round(Number(amount) * (UNITS[unit ?? ''] ?? 0))
  if (milliseconds > LONGEST_MS) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `${JSON.stringify(text)} is longer than a timer can wait`, {
      hint: 'Give no more than 24 days, which is 34560m.',
    })
  }
  if (amount !== '' && milliseconds >= 1) return milliseconds
  throw new DynsrvError('DYNSRV_BAD_OPTION', `${JSON.stringify(text)} is not a time`, {
    hint: HOW,
  })
}

/** A time as a person reads it, in its one or two largest units: `42 s`, `3 min`, `2 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}
