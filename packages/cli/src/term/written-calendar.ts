import { atom, type Term, tuple } from '@dynsrv/etf'

const DATE = '(?<sign>[-+]?)(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)'
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)(?:[.,](?<fraction>\\d+))?'
/** `-00:00` says in ISO 8601 that the offset is not known. Elixir refuses it, but not `-0000` and `-00`. */
const OFFSET = '(?<offset>Z|(?!-00:00)[-+](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)'
/** A sigil may name its calendar; one of the program's own is not here to read it. */
const END = '(?: Calendar\\.ISO)?$'

const SIGILS: Readonly<Record<string, { readonly module: string; readonly form: RegExp; readonly example: string }>> = {
  D: { module: 'Date', form: new RegExp(`^${DATE}${END}`), example: '~D[2024-01-31]' },
  T: { module: 'Time', form: new RegExp(`^T?${TIME}${OFFSET}?${END}`), example: '~T[17:30:00]' },
  N: {
    module: 'NaiveDateTime',
    form: new RegExp(`^${DATE}[ T]${TIME}${OFFSET}?${END}`),
    example: '~N[2024-01-31 17:30:00]',
  },
  U: {
    module: 'DateTime',
    form: new RegExp(`^${DATE}[ T]${TIME}${OFFSET}${END}`),
    example: '~U[2024-01-31 17:30:00Z]',
  },
}

/** What a text between the brackets of `~D`, `~T`, `~N` or `~U` is. */
export type WrittenCalendar = { readonly term: Term } | { readonly expected: string }

/** Reads the text of one of Elixir's sigils of dates and times, as `Calendar.ISO` does; undefined for another sigil. */
export function writtenCalendar(sigil: string, text: string): WrittenCalendar | undefined {
  const kind = SIGILS[sigil]
  if (kind === undefined) return undefined
  const parts = kind.form.exec(text)?.groups
  if (parts === undefined || (sigil === 'U' && !/^(?:Z|[-+]00(?::?00)?)$/.test(parts.offset ?? ''))) {
    return { expected: kind.example }
  }
  const fields: [string, Term][] = [['calendar', atom('Elixir.Calendar.ISO')]]
  if (parts.year !== undefined) {
    const [year, month, day] = [Number(parts.sign + parts.year), Number(parts.month), Number(parts.day)]
    if (!isDay(year, month, day)) return { expected: kind.example }
    fields.push(['year', year === 0 ? 0 : year], ['month', month], ['day', day])
  }
  if (parts.hour !== undefined) {
    const [hour, minute, second] = [Number(parts.hour), Number(parts.minute), Number(parts.second)]
    if (hour > 23 || minute > 59 || second > 59) return { expected: kind.example }
    const digits = (parts.fraction ?? '').slice(0, 6)
    const microsecond = tuple(Number(digits.padEnd(6, '0')), digits.length)
    fields.push(['hour', hour], ['minute', minute], ['second', second], ['microsecond', microsecond])
  }
  if (sigil === 'U') fields.push(['utc_offset', 0], ['std_offset', 0], ['time_zone', 'Etc/UTC'], ['zone_abbr', 'UTC'])
  const struct: [string, Term] = ['__struct__', atom(`Elixir.${kind.module}`)]
  return { term: new Map([struct, ...fields].map(([key, value]) => [atom(key), value])) }
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12) return false
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  return day >= 1 && day <= days
}
