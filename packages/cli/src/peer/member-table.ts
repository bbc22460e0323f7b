import { reasonText } from '@dynsrv/cluster'
import type { Output } from '../terminal/output.ts'
import type { Span } from '../terminal/paint.ts'
import { isLive, screenSize } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { wrap } from '../terminal/wrap.ts'
import { type NodeReport, REPORT_HEADER, reportRow } from './member-report.ts'

/**
 * Prints the table of members, how many of them are up, and what to do. A number behind a reason leads to its hint.
 *
 * On a terminal a reason that has no room in its row stands on lines of its own below it.
 */
export function showReports(out: Output, reports: readonly NodeReport[]): void {
  const hints = [...new Set(reports.flatMap(({ reason }) => reason?.hint ?? []))]
  const columns = isLive({}) ? screenSize().columns : Number.POSITIVE_INFINITY
  const rows = reports.map((report) => {
    const cells = reportRow(report)
    const mark = report.reason?.hint === undefined ? '' : ` [${hints.indexOf(report.reason.hint) + 1}]`
    return { up: report.up, cells: cells.slice(0, -1), text: `${reasonText(report.reason)}${mark}` }
  })
  // A narrow terminal shows fewer columns: a row that is broken is no row.
  const shown = [4, 3, 2, 1].find((count) => widestRow(rows, count) <= columns) ?? 1
  const kept = (cells: readonly Span[]) => COLUMNS_KEPT[shown - 1]!.map((at) => cells[at]!)
  const lines = table([[...kept(REPORT_HEADER), ''], ...rows.map(({ cells }) => [...kept(cells), ''])])
  for (const [at, line] of lines.entries()) {
    const row = rows[at - 1]
    if (row === undefined) out.line(line)
    else if (row.up) out.line([...line, ['up', 'good']])
    else if (widthOf(line) + row.text.length <= columns) out.line([...line, [row.text, 'bad']])
    else {
      out.line([...line, ['down', 'bad']])
      for (const part of wrap(row.text, columns - INDENT.length)) out.line([INDENT, [part, 'bad']])
    }
  }
  out.line(totals(reports))
  for (const [at, hint] of hints.entries()) {
    const lead = `[${at + 1}] `
    for (const [part, text] of wrap(hint, columns - lead.length).entries()) {
      out.line([part === 0 ? [lead, 'warning'] : ' '.repeat(lead.length), text])
    }
  }
}

const INDENT = '    '

/** Which columns stay when there is room for so many: the name, then the latency, what it runs, its kind. */
const COLUMNS_KEPT: readonly (readonly number[])[] = [[0], [0, 3], [0, 2, 3], [0, 1, 2, 3]]

function widestRow(rows: readonly { readonly cells: readonly Span[] }[], count: number): number {
  const kept = rows.map(({ cells }) => COLUMNS_KEPT[count - 1]!.map((at) => cells[at]!))
  return Math.max(0, ...table([...kept.map((cells) => [...cells, 'down'])]).map(widthOf))
}

function widthOf(line: readonly Span[]): number {
  return line.reduce((width, span) => width + (typeof span === 'string' ? span : span[0]).length, 0)
}

/** `250 of 300 up, 43 NODE_REFUSED, 7 DIST_COOKIE_REJECTED`, the most frequent cause first. */
export function totals(reports: readonly NodeReport[]): Span[] {
  const up = reports.filter((report) => report.up).length
  const causes = new Map<string, number>()
  for (const { up: isUp, reason } of reports) {
    if (!isUp) causes.set(reason?.code ?? 'down', (causes.get(reason?.code ?? 'down') ?? 0) + 1)
  }
  const counted = [...causes].sort(([, a], [, b]) => b - a).map(([code, count]) => `, ${count} ${code}`)
  return [[`${up} of ${reports.length} up`, up === reports.length ? 'good' : 'bad'], counted.join('')]
}
