// Numbers and times as people read them.

/** @param {number} number */
export function tidy(number) {
  if (number === 0 || number >= 100) return Math.round(number).toLocaleString('en')
  return number >= 10 ? number.toFixed(0) : number.toFixed(1)
}

/** @param {number} count */
export function bytes(count) {
  if (count < 1_000) return `${Math.round(count)} B`
  return count < 1_000_000 ? `${tidy(count / 1_000)} kB` : `${tidy(count / 1_000_000)} MB`
}

/** @param {number} at */
export function ago(at) {
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

/** @param {number} at */
export function clock(at) {
  return new Date(at).toTimeString().slice(0, 8)
}
