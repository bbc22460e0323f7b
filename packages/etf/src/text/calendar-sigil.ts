/** What the sigil of each of Elixir's calendar structs needs, beside its calendar. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'Elixir.Date': ['year', 'month', 'day'],
  'Elixir.Time': ['hour', 'minute', 'second', 'microsecond'],
  'Elixir.NaiveDateTime': ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond'],
  'Elixir.DateTime': [
    ...['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond'],
    ...['utc_offset', 'std_offset', 'time_zone', 'zone_abbr'],
  ],
}

/**
 * `~D[2026-01-31]`, `~T[…]`, `~N[…]` or `~U[…]`, as Elixir's `inspect/1` writes a date or a time of its own calendar;
 * undefined for what Elixir could not read back, such as a 32nd of January, and for a `DateTime` of another zone than UTC.
 */
export function calendarSigil(module: string, pairs: readonly (readonly [key: unknown, value: unknown])[]) {
  const names = FIELDS[module]
  if (names === undefined || pairs.length !== names.length + 1) return undefined
  const fields = new Map(pairs.map(([key, value]) => [nameOf(key), value]))
  if (nameOf(fields.get('calendar')) !== 'Elixir.Calendar.ISO' || !names.every((name) => fields.has(name)))
    return undefined
  const date = names.includes('year') ? dateText(fields) : ''
  const time = names.includes('hour') ? timeText(fields) : ''
  if (date === undefined || time === undefined) return undefined
  if (module === 'Elixir.Date') return `~D[${date}]`
  if (module === 'Elixir.Time') return `~T[${time}]`
  if (module === 'Elixir.NaiveDateTime') return `~N[${date} ${time}]`
  const isUtc = fields.get('utc_offset') === 0 && fields.get('std_offset') === 0
  return isUtc && textOf(fields.get('time_zone')) === 'Etc/UTC' && textOf(fields.get('zone_abbr')) === 'UTC'
    ? `~U[${date} ${time}Z]`
    : undefined
}

function dateText(fields: ReadonlyMap<string | undefined, unknown>): string | undefined {
  const [year, month, day] = ['year', 'month', 'day'].map((name) => fields.get(name))
  if (!isWithin(year, -9999, 9999) || !isWithin(month, 1, 12) || !isWithin(day, 1, daysOf(year, month)))
    return undefined
  return `${year < 0 ? '-' : ''}${padded(Math.abs(year), 4)}-${padded(month, 2)}-${padded(day, 2)}`
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function timeText(fields: ReadonlyMap<string | undefined, unknown>): string | undefined {
  const [hour, minute, second] = ['hour', 'minute', 'second'].map((name) => fields.get(name))
  if (!isWithin(hour, 0, 23) || !isWithin(minute, 0, 59) || !isWithin(second, 0, 59)) return undefined
  const [amount, precision] = pairOf(fields.get('microsecond'))
  if (!isWithin(amount, 0, 999_999) || !isWithin(precision, 0, 6)) return undefined
  const fraction = precision === 0 ? '' : `.${padded(amount, 6).slice(0, precision)}`
  return `${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}${fraction}`
}

/** The two elements of a tuple. */
function pairOf(value: unknown): readonly unknown[] {
  const elements = typeof value === 'object' && value !== null && 'elements' in value ? value.elements : value
  return Array.isArray(elements) && elements.length === 2 ? elements : []
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}

/** The name of an atom; keys of plain objects are text. */
function nameOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? value.name
    : undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array && value.length < 64 ? Buffer.from(value).toString() : undefined
}
