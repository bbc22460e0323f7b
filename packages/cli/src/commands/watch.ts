import { explain, reasonText } from '@dynsrv/cluster'
import { identifier } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { FOOT, withCookie, withOutput, withService } from '../options/command-options.ts'
import { durationMs } from '../options/duration.ts'
import { type NodeReport, REPORT_HEADER, reportOn, reportRow } from '../peer/member-report.ts'
import { type MembersOptions, openMembers } from '../peer/members.ts'
import { throwAwayNode } from '../peer/throw-away-node.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { LiveRegion } from '../terminal/live-region.ts'
import { writeJson, writeLine } from '../terminal/output.ts'
import type { Span } from '../terminal/paint.ts'
import { isLive, screen, screenPaint, screenSize } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { timeOfDay, timestamp } from '../terminal/wall-clock.ts'

export interface WatchOptions extends MembersOptions {
  readonly interval: string
}

/** One look at all members. */
interface Look {
  readonly reports: readonly NodeReport[]
  /** Why the members could not be listed; those of the look before are shown then. */
  readonly failure?: unknown
}

/**
 * Looks at the members again and again until a signal ends it.
 *
 * @returns the exit code
 */
export async function watch(options: WatchOptions): Promise<number> {
  using exit = exitSignal()
  const timeoutMs = durationMs(options.timeout)
  const intervalMs = durationMs(options.interval)
  using members = await openMembers(options)
  const { short, directory, label } = members
  await using us = await throwAwayNode(options, { epmd: directory.epmd, short, timeoutMs })
  const view = options.json === true ? jsonView() : isLive(options) ? liveView(label) : lineView(label, options)
  let last: Look = { reports: [] }
  while (!exit.signal.aborted) {
    const known = new Map(last.reports.map((report) => [report.name, report]))
    const next = await members.list().then(
      async (list): Promise<Look> => ({
        reports: await Promise.all(
          list.map((each) => reportOn(us, each, { directory, timeoutMs, tls: options.tls }, known.get(each.name))),
        ),
      }),
      (failure: unknown): Look => ({ reports: last.reports, failure }),
    )
    if (exit.signal.aborted) break
    view.show(next, last)
    last = next
    await exit.pause(intervalMs)
  }
  view.close()
  return EXIT_OK
}

interface View {
  show(look: Look, before: Look): void
  close(): void
}

/** One object for each member at first, and for each that changed afterwards. */
function jsonView(): View {
  const line = (fields: object) => writeJson({ time: timestamp(), ...fields })
  return {
    show(look, before) {
      if (look.failure !== undefined && before.failure === undefined) {
        line({ type: 'lookupFailed', cause: explain(look.failure) })
      }
      for (const { type, report } of changes(look, before)) line({ type, ...report })
    },
    close: () => undefined,
  }
}

/** A line for each change, for logs. */
function lineView(label: string, options: WatchOptions): View {
  const paint = screenPaint(options)
  const write = (...spans: Span[]) => writeLine(paint([[timeOfDay(), 'quiet'], '  ', ...spans]))
  return {
    show(look, before) {
      if (look.failure !== undefined && before.failure === undefined) {
        write(['! ', 'warning'], label, ': lookup failed: ', reasonText(look.failure))
      }
      for (const { type, report } of changes(look, before)) {
        const cells = reportRow(report).flatMap((cell, at): Span[] => (at === 0 ? [cell] : ['  ', cell]))
        if (type === 'gone') write(['- ', 'bad'], [identifier(report.name), 'name'], '  its record is gone')
        else write(report.up ? ['+ ', 'good'] : ['- ', 'bad'], ...cells)
      }
    },
    close: () => undefined,
  }
}

/** A table that is redrawn in its place. */
function liveView(label: string): View {
  const region = new LiveRegion(screen())
  const paint = screenPaint()
  return {
    show({ reports, failure }) {
      const { columns, rows } = screenSize()
      const up = reports.filter((report) => report.up).length
      const tone = reports.length > 0 && up === reports.length ? 'good' : 'bad'
      const head: Span[] = [[`${up} of ${reports.length} up`, tone], `  ${label}  `, [timeOfDay(), 'quiet']]
      const trouble: Span[][] = failure === undefined ? [] : [[['! lookup failed: ', 'warning'], reasonText(failure)]]
      const room = Math.max(1, rows - 5 - trouble.length)
      // The missing ones come first: they are what a person looks for.
      const shown = [...reports].sort((a, b) => Number(a.up) - Number(b.up)).slice(0, room)
      const more: Span[][] = reports.length > room ? [[[`… and ${reports.length - room} more`, 'quiet']]] : []
      const lines = [head, ...trouble, [], ...table([REPORT_HEADER, ...shown.map(reportRow)]), ...more]
      region.draw(lines.map((line) => paint(line, columns - 1)))
    },
    close: () => region.close(),
  }
}

function changes(look: Look, before: Look): { readonly type: 'up' | 'down' | 'gone'; readonly report: NodeReport }[] {
  const known = new Map(before.reports.map((report) => [report.name, report]))
  const now = new Set(look.reports.map(({ name }) => name))
  const gone = before.reports.filter(({ name }) => !now.has(name)).map((report) => ({ type: 'gone' as const, report }))
  const changed = look.reports
    .filter((report) => {
      const was = known.get(report.name)
      return was === undefined || was.up !== report.up || was.reason?.code !== report.reason?.code
    })
    .map((report) => ({ type: report.up ? ('up' as const) : ('down' as const), report }))
  return [...gone, ...changed]
}

export const command: Command = {
  summary: 'the same, live: members that come, go or slow down, and why',
  group: 'See what is there, and what is wrong',
  place: 8,
  declare: (declared, { runs }) =>
    withOutput(
      withCookie(
        withService(
          declared.description(
            'Dials every member again and again; a live table on a terminal, a line for each change elsewhere.',
          ),
        ),
      ).option('--interval <time>', 'time between two looks', '2s'),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'service', 'link'], watch))),
}

const HELP = `
Examples:
  $ dynsrv watch --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv watch --service my-service.service.consul --json | jq -r 'select(.up | not) | .name'

${FOOT}
Exit codes: 0 stopped by SIGINT or SIGTERM, 2 bad arguments or environment.
`
