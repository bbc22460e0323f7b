import { reasonText } from '@dynsrv/cluster'
import { docsOf, identifier, visible } from '@dynsrv/kit'
import { type NodeReport, reportRow } from '../peer/member-report.ts'
import { totals } from '../peer/member-table.ts'
import type { Span } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'
import { wrap } from '../terminal/wrap.ts'
import { type Choice, chosenReports, inView, placeOf } from './member-list.ts'

/** What the screen shows. */
export interface Shown {
  readonly reports: readonly NodeReport[]
  /** What was asked, for a person. */
  readonly label: string
  /** When all members were looked at last; undefined during the first time. */
  readonly at?: string
  /** How many members there are, during the first time. */
  readonly of?: number
  /** Why the members could not be listed. */
  readonly failure?: unknown
  /** Whether there are keys to press. */
  readonly keys: boolean
}

/** The lines of a screen, and how it looks upon the members. */
export interface MemberScreen {
  readonly lines: readonly Span[][]
  readonly choice: Choice
  /** How many members fit. */
  readonly room: number
}

/** About the chosen member: its name, why it is missing, what to do, and where more is written. */
const DETAIL_LINES = 7
/** A terminal with fewer lines has room for the list alone. */
const LEAST_ROWS = 18

/** The screen of the members: totals, the list, the chosen member, the keys. */
export function memberScreen(
  shown: Shown,
  given: Choice,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): MemberScreen {
  const { reports, label, at, of = 0, failure, keys } = shown
  const members = chosenReports(reports, given)
  const head: Span[][] = [
    at === undefined ? [`looking … ${reports.length} of ${of} members`] : totals(reports),
    [label, ...(at === undefined ? [] : [[`  ${at}`, 'quiet'] as const])],
  ]
  if (failure !== undefined) head.push([['! lookup failed: ', 'warning'], reasonText(failure)])
  if (keys && (given.typing || given.filter !== '' || given.onlyDown)) head.push(filterLine(given, members.length))
  const about = keys && rows >= LEAST_ROWS ? detail(members[placeOf(members, given)], columns) : []
  const below = (keys ? 1 : 0) + (keys && rows >= LEAST_ROWS ? DETAIL_LINES + 1 : 0)
  // A blank line behind the head, and the line that says how much is shown.
  const room = Math.max(1, rows - head.length - below - 2)
  const choice = inView(given, members, room)
  const chosen = placeOf(members, choice)
  const visibleOnes = members.slice(choice.top, choice.top + room)
  const list = memberLines(visibleOnes, keys ? chosen - choice.top : -1, columns)
  const range = rangeLine(choice.top, visibleOnes.length, members.length)
  const lines = [...head, [], ...list, range]
  if (!keys) return { lines: lines.slice(0, rows), choice, room }
  while (lines.length < rows - below) lines.push([])
  if (rows >= LEAST_ROWS) {
    lines.push([])
    lines.push(...Array.from({ length: DETAIL_LINES }, (_, at) => about[at] ?? []))
  }
  lines.push([[keysLine(given), 'quiet']])
  return { lines: lines.slice(-rows), choice, room }
}

function filterLine({ filter, typing, onlyDown }: Choice, found: number): Span[] {
  const words: Span[] = typing || filter !== '' ? [['/', 'name'], filter, typing ? '▏' : ''] : []
  return [...words, [`${words.length > 0 ? '  ' : ''}${onlyDown ? 'only those down, ' : ''}${found} shown`, 'quiet']]
}

function keysLine({ typing }: Choice): string {
  return typing
    ? 'type to filter · Enter keeps it · Esc clears it'
    : '↑ ↓ PgUp PgDn move · / filter · d only down · q quit'
}

function rangeLine(top: number, count: number, all: number): Span[] {
  if (all === 0 || count === all) return []
  return [[`${top + 1}–${top + count} of ${all}`, 'quiet']]
}

/** A name takes no more than this of the screen: the reason must have room. */
const NAME_SHARE = 0.55

function memberLines(reports: readonly NodeReport[], chosen: number, columns: number): Span[][] {
  const widest = Math.floor(columns * NAME_SHARE)
  const names = reports.map(({ name }) => cut(identifier(name), widest))
  const width = Math.max(0, ...names.map((name) => name.length))
  // Of a member that is missing nothing is known but why; its row has no columns.
  const known = table(reports.filter(({ up }) => up).map((report) => reportRow(report).slice(1)))
  let row = 0
  return reports.map((report, at): Span[] => [
    at === chosen ? ['› ', 'name'] : '  ',
    report.up ? ['✓ ', 'good'] : ['✗ ', 'bad'],
    [`${names[at]!.padEnd(width)}  `, 'name'],
    ...(report.up ? known[row++]! : [[reasonText(report.reason), 'bad'] as const]),
  ])
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
}

function detail(report: NodeReport | undefined, columns: number): Span[][] {
  if (report === undefined) return []
  const { name, port, up, reason } = report
  const lines: Span[][] = [
    [
      [identifier(name), 'title'],
      [`  port ${port}`, 'quiet'],
    ],
  ]
  if (up || reason === undefined) return lines
  const { message, code, hint = '' } = reason
  const wrapped = (text: string, lead: Span, most: number): Span[][] => {
    const parts = wrap(visible(text), columns - 3).slice(0, most)
    return parts.map((part, at) => [at === 0 ? lead : '  ', part])
  }
  lines.push(...wrapped(message, ['✗ ', 'bad'], 2))
  if (hint !== '') lines.push(...wrapped(hint, ['→ ', 'good'], 3))
  // An address that is cut leads nowhere.
  for (const part of code === undefined ? [] : pieces(docsOf(code), columns - 3)) lines.push(['  ', [part, 'quiet']])
  return lines
}

function pieces(text: string, length: number): string[] {
  return text.match(new RegExp(`.{1,${Math.max(1, length)}}`, 'gu')) ?? []
}
