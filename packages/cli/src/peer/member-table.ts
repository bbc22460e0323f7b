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
    const [said = '', ...cells] = reportRow(report).reverse()
    const mark = report.reason?.hint === undefined ? '' : ` [${hints.indexOf(report.reason.hint) + 1}]`
    const [text, tone] = typeof said === 'string' ? ([said, 'plain'] as const) : said
    return { cells: cells.reverse(), text: `${text}${mark}`, tone }
  })
  const lines = table([REPORT_HEADER, ...rows.map(({ cells }) => [...cells, ''])])
  for (const [at, line] of lines.entries()) {
    const row = rows[at - 1]
    if (row === undefined) out.line(line)
    else if (widthOf(line) + row.text.length <= columns) out.line([...line, [row.text, row.tone]])
    else {
      out.line([...line, ['down', row.tone]])
      for (const part of wrap(row.text, columns - INDENT.length)) out.line([INDENT, [part, row.tone]])
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
