import { explain, reasonText } from '@dynsrv/cluster'
import { identifier } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { FOOT, withCookie, withOutput, withService } from '../options/command-options.ts'
import { durationMs } from '../options/duration.ts'
import { type NodeReport, reportOn, reportRow } from '../peer/member-report.ts'
import { totals } from '../peer/member-table.ts'
import { type MembersOptions, openMembers } from '../peer/members.ts'
import { throwAwayNode } from '../peer/throw-away-node.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { FullScreen } from '../terminal/full-screen.ts'
import { hasKeys, type Key, readKeys } from '../terminal/keys.ts'
import { writeJson, writeLine } from '../terminal/output.ts'
import type { Span } from '../terminal/paint.ts'
import { isLive, screen, screenPaint, screenSize } from '../terminal/screen.ts'
import { timeOfDay, timestamp } from '../terminal/wall-clock.ts'
import { afterKey, NOTHING_CHOSEN } from '../watch/member-list.ts'
import { memberScreen, type Shown } from '../watch/member-screen.ts'

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
  const view =
    options.json === true ? jsonView() : isLive(options) ? liveView(label, exit.ask) : lineView(label, options)
  const lookAt = async (before: Look): Promise<Look> => {
    const known = new Map(before.reports.map((report) => [report.name, report]))
    try {
      const list = await members.list()
      const seen: NodeReport[] = []
      const reports = list.map(async (each) => {
        const report = await reportOn(us, each, { directory, timeoutMs, tls: options.tls }, known.get(each.name))
        seen.push(report)
        view.seen?.(seen, list.length)
        return report
      })
      return { reports: await Promise.all(reports) }
    } catch (failure) {
      return { reports: before.reports, failure }
    }
  }
  try {
    let last: Look = { reports: [] }
    while (!exit.signal.aborted) {
      // A member that is silent does not hold up who wants to go.
      const next = await Promise.race([lookAt(last), exit.received])
      if (typeof next === 'string' || exit.signal.aborted) break
      view.show(next, last)
      last = next
      await exit.pause(intervalMs)
    }
  } finally {
    view.close()
  }
  return EXIT_OK
}

interface View {
  /** The members that have been looked at so far, of this look. */
  seen?(reports: readonly NodeReport[], of: number): void
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

/** A list over the whole terminal, to scroll and to filter. */
function liveView(label: string, quit: () => void): View {
  const full = new FullScreen(screen())
  const paint = screenPaint()
  const keys = hasKeys()
  let shown: Shown = { reports: [], label, keys }
  let choice = NOTHING_CHOSEN
  let room = 1
  const draw = () => {
    const { columns, rows } = screenSize()
    const drawn = memberScreen(shown, choice, { columns, rows })
    ;({ choice, room } = drawn)
    full.draw(drawn.lines.map((line) => paint(line, columns - 1)))
  }
  const pressed = (key: Key) => {
    const next = afterKey(choice, key, shown.reports, room)
    if (next === undefined) return quit()
    choice = next
    draw()
  }
  const reading = keys ? readKeys(pressed, () => full.close(), draw) : undefined
  screen().on('resize', draw)
  draw()
  return {
    seen(reports, of) {
      // Later looks show what is known of all until they are done.
      if (shown.at !== undefined) return
      shown = { ...shown, reports, of }
      draw()
    },
    show({ reports, failure }) {
      shown = { reports, label, at: timeOfDay(), keys, ...(failure !== undefined && { failure }) }
      draw()
    },
    close() {
      screen().off('resize', draw)
      reading?.[Symbol.dispose]()
      full.close()
      if (shown.at !== undefined) writeLine(paint([...totals(shown.reports), `  ${label}`]))
    },
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
            'Dials every member again and again; a live list on a terminal, to scroll and to filter, a line for each change elsewhere.',
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

Keys: arrows, PgUp, PgDn, Home and End move; / filters by words of the name, the reason, the release;
d shows only those that are down; q ends.

${FOOT}
Exit codes: 0 stopped by q, SIGINT or SIGTERM, 2 bad arguments or environment.
`
