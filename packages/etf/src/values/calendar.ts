import { type Rule, rule, whole } from '@dynsrv/kit'
import { checkParts, checks } from '../checks.ts'
import { EtfError } from '../error.ts'
import { atom, type Term, type TermObject, Tuple, tuple } from '../term.ts'
import { type Json, TERM_JSON } from '../text/json.ts'
import { NODE_INSPECT } from '../text/term-text.ts'
import { type Piece, TERM_PIECES } from '../text/text-pieces.ts'
import { type Instant, originOf, setOrigin, TO_TERM } from './has-term.ts'
import { structObject } from './struct-object.ts'

const ISO = atom('Elixir.Calendar.ISO')

const year: Rule = whole(-9999, 9999)
const MICROSECONDS = 6

function digits(value: number, count: number): string {
  return `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(count, '0')}`
}

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

interface DateParts {
  readonly year: number
  readonly month: number
  readonly day: number
}

interface TimeParts {
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly microsecond: number
  readonly precision: number
}

type Fields = Readonly<Record<string, Term>>

/** The date of a struct; undefined where there is none, or of another calendar. */
function dateParts({ calendar, year, month, day }: Fields): DateParts | undefined {
  if (calendar !== ISO || !isWhole(year, -9999, 9999) || !isWhole(month, 1, 12)) return undefined
  return isWhole(day, 1, daysOf(year, month)) ? { year, month, day } : undefined
}

function timeParts({ calendar, hour, minute, second, microsecond }: Fields): TimeParts | undefined {
  if (!(microsecond instanceof Tuple) || microsecond.length !== 2 || calendar !== ISO) return undefined
  const [value, precision] = microsecond.elements
  const isTime = isWhole(hour, 0, 23) && isWhole(minute, 0, 59) && isWhole(second, 0, 59)
  if (!isTime || !isWhole(value, 0, 999_999) || !isWhole(precision, 0, MICROSECONDS)) return undefined
  return { hour, minute, second, microsecond: value, precision }
}

/** Whether a struct has so many fields: one that has more would lose them. */
function hasFields(fields: object, count: number): boolean {
  return Object.keys(fields).length === count
}

function dateText({ year, month, day }: DateParts): string {
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`
}

function timeText({ hour, minute, second, microsecond, precision }: TimeParts): string {
  const fraction = precision === 0 ? '' : `.${digits(microsecond, MICROSECONDS).slice(0, precision)}`
  return `${digits(hour, 2)}:${digits(minute, 2)}:${digits(second, 2)}${fraction}`
}

function timeFields({ hour, minute, second, microsecond, precision }: TimeParts): Fields {
  return { hour, minute, second, microsecond: tuple(microsecond, precision) }
}

function checkDate(owner: string, { year: y, month, day }: DateParts): void {
  checkParts(owner, [
    ['year', year, y],
    ['month', whole(1, 12), month],
  ])
  checks.argument(owner, 'day', whole(1, daysOf(y, month)), day)
}

function checkTime(owner: string, { hour, minute, second, microsecond, precision }: TimeParts): void {
  checkParts(owner, [
    ['hour', whole(0, 23), hour],
    ['minute', whole(0, 59), minute],
    ['second', whole(0, 59), second],
    ['microsecond', whole(0, 999_999), microsecond],
    ['precision', whole(0, MICROSECONDS), precision],
  ])
}

const DATE = '(-?\\d{4})-(\\d\\d)-(\\d\\d)'
const TIME = '(\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,6}))?'

/** The numbers of a text in the form of ISO 8601. */
function read(owner: string, text: unknown, form: string, example: string): [...numbers: number[], precision: number] {
  const wanted: Rule = rule(`a text such as '${example}'`, (value) => typeof value === 'string' && matcher.test(value))
  const matcher = new RegExp(`^${form}$`)
  checks.argument(owner, 'text', wanted, text)
  const groups = matcher.exec(text as string)!.slice(1)
  const fraction = groups.at(-1) ?? ''
  const numbers = groups.map((group) => Number(group ?? 0))
  return form.includes(TIME)
    ? [...numbers.slice(0, -1), Number(fraction.padEnd(MICROSECONDS, '0')), fraction.length]
    : (numbers as [...number[], number])
}

/** A day of the calendar, of no time zone: Elixir's `Date`. */
export class PlainDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number

  /** @throws {EtfError} `ETF_BAD_OPTION` for a day that there is not */
  constructor(year: number, month: number, day: number) {
    checkDate('PlainDate', { year, month, day })
    this.year = year
    this.month = month
    this.day = day
  }

  /** The day of a text such as `2024-01-31`. @throws {EtfError} `ETF_BAD_OPTION` */
  static from(text: string): PlainDate {
    const [year = 0, month = 0, day = 0] = read('PlainDate.from', text, DATE, '2024-01-31')
    return new PlainDate(year, month, day)
  }

  /** As ISO 8601 has it: `2024-01-31`. */
  toString(): string {
    return dateText(this)
  }

  toJSON(): string {
    return dateText(this)
  }

  [TERM_JSON](): Json {
    return dateText(this)
  }

  [TO_TERM](): TermObject {
    const { year, month, day } = this
    return structObject('Date', { calendar: ISO, year, month, day })
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: `~D[${dateText(this)}]` }]
  }

  [NODE_INSPECT](): string {
    return `~D[${dateText(this)}]`
  }
}

/** A time of the day, of no time zone: Elixir's `Time`. */
export class PlainTime {
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 to 999 999. */
  readonly microsecond: number
  /** How many digits of the fraction of a second count: 0 to 6. */
  readonly precision: number

  /**
   * @param precision default: 0 where there are no microseconds, else 6
   * @throws {EtfError} `ETF_BAD_OPTION`
   */
  constructor(hour: number, minute: number, second = 0, microsecond = 0, precision = microsecond === 0 ? 0 : 6) {
    checkTime('PlainTime', { hour, minute, second, microsecond, precision })
    this.hour = hour
    this.minute = minute
    this.second = second
    this.microsecond = microsecond
    this.precision = precision
  }

  /** The time of a text such as `17:30:00` or `17:30:00.123`. @throws {EtfError} `ETF_BAD_OPTION` */
  static from(text: string): PlainTime {
    const [hour = 0, minute = 0, second, microsecond, precision] = read('PlainTime.from', text, TIME, '17:30:00.123')
    return new PlainTime(hour, minute, second, microsecond, precision)
  }

  /** As ISO 8601 has it: `17:30:00.123`. */
  toString(): string {
    return timeText(this)
  }

  toJSON(): string {
    return timeText(this)
  }

  [TERM_JSON](): Json {
    return timeText(this)
  }

  [TO_TERM](): TermObject {
    return structObject('Time', { calendar: ISO, ...timeFields(this) })
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: `~T[${timeText(this)}]` }]
  }

  [NODE_INSPECT](): string {
    return `~T[${timeText(this)}]`
  }
}

/** A day and a time, of no time zone: Elixir's `NaiveDateTime`. */
export class PlainDateTime {
  readonly date: PlainDate
  readonly time: PlainTime

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(date: PlainDate, time: PlainTime) {
    checkParts('PlainDateTime', [
      ['date', rule('a PlainDate', (value) => value instanceof PlainDate), date],
      ['time', rule('a PlainTime', (value) => value instanceof PlainTime), time],
    ])
    this.date = date
    this.time = time
  }

  /** The day and time of a text such as `2024-01-31T17:30:00`. @throws {EtfError} `ETF_BAD_OPTION` */
  static from(text: string): PlainDateTime {
    const form = `${DATE}[T ]${TIME}`
    const [year = 0, month = 0, day = 0, ...time] = read('PlainDateTime.from', text, form, '2024-01-31T17:30:00')
    const [hour = 0, minute = 0, second, microsecond, precision] = time
    return new PlainDateTime(
      new PlainDate(year, month, day),
      new PlainTime(hour, minute, second, microsecond, precision),
    )
  }

  /** As ISO 8601 has it: `2024-01-31T17:30:00`. */
  toString(): string {
    return `${this.date}T${this.time}`
  }

  toJSON(): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return this.toString()
  }

  [TO_TERM](): TermObject {
    const { year, month, day } = this.date
    return structObject('NaiveDateTime', { calendar: ISO, year, month, day, ...timeFields(this.time) })
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: `~N[${this.date} ${this.time}]` }]
  }

  [NODE_INSPECT](): string {
    return `~N[${this.date} ${this.time}]`
  }
}

export function readDate(fields: TermObject): PlainDate | undefined {
  const parts = hasFields(fields, 5) ? dateParts(fields) : undefined
  return parts && new PlainDate(parts.year, parts.month, parts.day)
}

export function readTime(fields: TermObject): PlainTime | undefined {
  const parts = hasFields(fields, 6) ? timeParts(fields) : undefined
  return parts && plainTime(parts)
}

function plainTime({ hour, minute, second, microsecond, precision }: TimeParts): PlainTime {
  return new PlainTime(hour, minute, second, microsecond, precision)
}

export function readNaiveDateTime(fields: TermObject): PlainDateTime | undefined {
  if (!hasFields(fields, 9)) return undefined
  const date = dateParts(fields)
  const time = timeParts(fields)
  return date && time && new PlainDateTime(new PlainDate(date.year, date.month, date.day), plainTime(time))
}

/** The point in time of a `DateTime`. It remembers its time zone and its microseconds until it is changed or copied. */
export function readDateTime(fields: TermObject): Instant | undefined {
  const { utc_offset: offset, std_offset: summer } = fields
  const date = dateParts(fields)
  const time = timeParts(fields)
  if (date === undefined || time === undefined || !Number.isInteger(offset) || !Number.isInteger(summer)) {
    return undefined
  }
  // biome-ignore lint/style/noRestrictedGlobals: it holds a time and does not ask for one
  const instant = new Date(0)
  instant.setUTCFullYear(date.year, date.month - 1, date.day)
  const seconds = time.second - (offset as number) - (summer as number)
  instant.setUTCHours(time.hour, time.minute, seconds, Math.floor(time.microsecond / 1000))
  return Number.isNaN(instant.getTime()) ? undefined : setOrigin(instant, fields, instant.getTime())
}

/** The `DateTime` of a point in time: the one that it came as, else in UTC with milliseconds. */
export function dateTimeOf(instant: Instant): object {
  const ms = instant.getTime()
  if (Number.isNaN(ms)) {
    const hint = 'Look at how the Date was made: it holds no point in time.'
    throw new EtfError('ETF_NOT_ENCODABLE', 'an invalid Date has no Erlang term', { hint })
  }
  return (
    originOf(instant, ms) ??
    structObject('DateTime', {
      calendar: ISO,
      year: instant.getUTCFullYear(),
      month: instant.getUTCMonth() + 1,
      day: instant.getUTCDate(),
      hour: instant.getUTCHours(),
      minute: instant.getUTCMinutes(),
      second: instant.getUTCSeconds(),
      microsecond: tuple(instant.getUTCMilliseconds() * 1000, 3),
      time_zone: 'Etc/UTC',
      zone_abbr: 'UTC',
      utc_offset: 0,
      std_offset: 0,
    })
  )
}
