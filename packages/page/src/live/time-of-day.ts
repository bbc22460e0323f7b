/** The time of day in UTC, `hh:mm:ss`, of a moment in milliseconds since 1970. */
export function timeOfDay(at: number): string {
  const seconds = Math.floor(at / 1_000)
  const parts = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
