import type { Check, DoctorOptions, GroupId, Report } from '@dynsrv/doctor'
import { GROUPS, type Result, type Verdict, verdictKey, worst } from '@dynsrv/doctor'
import { docsOf, oneLine, type Timer } from '@dynsrv/kit'
import { durationText } from '../options/duration.ts'
import { LiveRegion } from '../terminal/live-region.ts'
import { writeJson, writeLine } from '../terminal/output.ts'
import type { Paint, Span, Tone } from '../terminal/paint.ts'
import { isLive, screen, screenPaint, screenSize } from '../terminal/screen.ts'
import { timeOfDay, timestamp } from '../terminal/wall-clock.ts'
import { wrap } from '../terminal/wrap.ts'
import { clock } from '../world.ts'

/** What one round found, and how long it has been so. */
export interface ShownReport extends Report {
  /** Only with `--watch`: since when each verdict has been found, round after round, by its key. Unit: milliseconds since 1970. */
  readonly since?: ReadonlyMap<string, number>
}

/** What shows an examination. */
export interface DoctorView {
  begin(options: DoctorOptions, checks: readonly Check[]): void
  done(result: Result): void
  end(report: ShownReport): void
  /** A later round of `--watch`. */
  changed(before: ShownReport, after: ShownReport): void
  /** It ends before it is done. */
  interrupted(): void
}

/** The view that the options and the terminal ask for. */
export function doctorView({ json, plain, all }: { json?: boolean; plain?: boolean; all?: boolean }): DoctorView {
  if (json === true) return jsonView()
  const terminal = isLive({ plain })
  // Every check is a list that may be longer than the screen, where nothing can be redrawn.
  const live = terminal && all !== true
  return new TextView(screenPaint({ plain }), {
    all: all === true,
    ...(live && { region: new LiveRegion(screen()) }),
    columns: terminal ? Math.max(screenSize().columns, 40) : Number.POSITIVE_INFINITY,
  })
}

const SIGNS: Readonly<Record<Result['status'], readonly [string, Tone]>> = {
  ok: ['✓', 'good'],
  info: ['i', 'name'],
  warning: ['!', 'warning'],
  error: ['✗', 'bad'],
  skipped: ['–', 'quiet'],
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
const GROUP_WIDTH = Math.max(...Object.values(GROUPS).map(({ length }) => length))

/** More lines than this push the next verdict off the screen. */
const MAX_EVIDENCE = 8

interface Settings {
  readonly all: boolean
  readonly region?: LiveRegion
  readonly columns: number
}

class TextView implements DoctorView {
  readonly #paint: Paint
  readonly #settings: Settings
  readonly #results = new Map<string, Result>()
  #checks: readonly Check[] = []
  #timer: Timer | undefined
  #frame = 0
  #printed = 0

  constructor(paint: Paint, settings: Settings) {
    this.#paint = paint
    this.#settings = settings
  }

  begin({ services, dns, peers, compose }: DoctorOptions, checks: readonly Check[]): void {
    this.#checks = checks
    const what = [...(peers.length > 0 ? peers : services), ...(compose ?? [])].join(', ')
    const where = dns.length === 0 ? '' : `  DNS ${dns.join(', ')}`
    this.#line([['dynsrv doctor', 'title'], `  ${oneLine(what)}`, [where, 'quiet']])
    this.#line([])
    const { region } = this.#settings
    if (region === undefined) return
    this.#draw()
    this.#timer = clock.setInterval(() => {
      this.#frame += 1
      this.#draw()
    }, FRAME_MS)
  }

  done(result: Result): void {
    this.#results.set(result.check.id, result)
    if (this.#settings.region === undefined) this.#printGroups()
    else this.#draw()
  }

  end(report: ShownReport): void {
    clock.clearInterval(this.#timer)
    this.#draw()
    this.#settings.region?.close()
    this.#line([])
    const { verdicts } = report
    const problems = verdicts.filter(({ severity }) => severity !== 'info').length
    for (const [at, verdict] of verdicts.entries()) {
      if (at === 0 && problems > 1) this.#line([['Begin here:', 'title']])
      if (at === 1 && problems > 1) this.#line([['Then:', 'title']])
      this.#verdict(verdict)
      this.#line([])
    }
    this.#line(summary(report))
  }

  interrupted(): void {
    clock.clearInterval(this.#timer)
    this.#settings.region?.close()
  }

  changed(before: ShownReport, after: ShownReport): void {
    const [old, now] = [before, after].map(({ verdicts }) => new Set(verdicts.map(verdictKey)))
    const time = timeOfDay()
    for (const gone of before.verdicts.filter((one) => !now!.has(verdictKey(one)))) {
      const since = before.since?.get(verdictKey(gone)) ?? clock.now()
      const after = durationText(clock.now() - since)
      this.#line([[time, 'quiet'], '  ', ['✓', 'good'], ` gone after ${after}: `, oneLine(gone.message)])
    }
    for (const verdict of after.verdicts.filter((one) => !old!.has(verdictKey(one)))) {
      this.#line([[time, 'quiet']])
      this.#verdict(verdict)
    }
  }

  #verdict({ check, code, severity, message, evidence, hint }: Verdict): void {
    const sign = SIGNS[severity]
    this.#wrapped([sign, ' '], message, { indent: 2, tone: 'title' })
    const shown = this.#settings.all || evidence.length <= MAX_EVIDENCE ? evidence : evidence.slice(0, MAX_EVIDENCE - 1)
    const left = evidence.length - shown.length
    const lines = left === 0 ? shown : [...shown, `and ${left} more: --all shows them`]
    for (const seen of lines) this.#wrapped(['  ', ['·', 'quiet'], ' '], seen, { indent: 4, tone: 'quiet' })
    if (hint !== '') this.#wrapped(['  ', ['→', 'good'], ' '], hint, { indent: 4, tone: 'plain' })
    this.#line(['    ', [`${check}  ${code}`, 'quiet']])
    this.#line(['    ', [docsOf(code), 'quiet']])
  }

  #wrapped(lead: readonly Span[], text: string, { indent, tone }: { indent: number; tone: Tone }): void {
    const lines = wrap(oneLine(text), this.#settings.columns - indent)
    for (const [at, line] of lines.entries()) {
      this.#line([...(at === 0 ? lead : [' '.repeat(indent)]), [line, tone]])
    }
  }

  #draw(): void {
    const { region, columns } = this.#settings
    if (region === undefined) return
    const lines = groupsOf(this.#checks).flatMap((group) => this.#group(group))
    region.draw(lines.map((line) => this.#paint(line, columns - 1)))
  }

  /** Without a terminal each group is printed once, in order, when all of it is done. */
  #printGroups(): void {
    const groups = groupsOf(this.#checks)
    for (;;) {
      const group = groups[this.#printed]
      if (group === undefined || this.#left(group) > 0) return
      for (const line of this.#group(group)) this.#line(line)
      this.#printed += 1
    }
  }

  #left(group: GroupId): number {
    return this.#of(group).filter(({ id }) => !this.#results.has(id)).length
  }

  #of(group: GroupId): readonly Check[] {
    return this.#checks.filter((check) => check.group === group)
  }

  #group(group: GroupId): Span[][] {
    const checks = this.#of(group)
    const results = checks.flatMap(({ id }) => this.#results.get(id) ?? [])
    const title = GROUPS[group].padEnd(GROUP_WIDTH)
    if (this.#left(group) > 0) {
      const spinner = SPINNER[this.#frame % SPINNER.length]!
      return [['  ', [spinner, 'name'], ` ${title}  `, [`${results.length} of ${checks.length}`, 'quiet']]]
    }
    const head: Span[] = ['  ', SIGNS[statusOf(results)], ` ${title}  `, ...tally(results)]
    if (!this.#settings.all) return [head]
    return [head, ...results.map(checkLine)]
  }

  #line(spans: readonly Span[]): void {
    writeLine(this.#paint(spans).trimEnd())
  }
}

function checkLine({ check, status, findings, reason }: Result): Span[] {
  const said = findings[0]?.message ?? reason ?? ''
  const text: Span[] = said === '' ? [] : [[`  ${oneLine(said)}`, 'quiet']]
  return ['      ', SIGNS[status], ` ${check.id}  ${check.title}`, ...text]
}

/** What a whole group came to; with nothing to look at in any of it, it was skipped. */
function statusOf(results: readonly Result[]): Result['status'] {
  if (results.every(({ status }) => status === 'skipped')) return 'skipped'
  return worst(results.flatMap(({ findings }) => findings))
}

function tally(results: readonly Result[]): Span[] {
  const bad = results.filter(({ status }) => status !== 'ok' && status !== 'skipped')
  const gravest = bad.toSorted((a, b) => rank(a) - rank(b))[0]
  if (gravest !== undefined) {
    const more = bad.length === 1 ? '' : ` (+${bad.length - 1})`
    return [oneLine(gravest.findings[0]?.message ?? ''), [more, 'quiet']]
  }
  const fine = results.filter(({ status }) => status === 'ok').length
  const [first] = results
  if (fine === 0) return [[first?.reason ?? 'nothing to look at', 'quiet']]
  return [[`${fine} fine${fine < results.length ? `, ${results.length - fine} not needed` : ''}`, 'quiet']]
}

function rank({ status }: Result): number {
  return ['error', 'warning', 'info'].indexOf(status)
}

function groupsOf(checks: readonly Check[]): GroupId[] {
  const present = new Set(checks.map(({ group }) => group))
  return (Object.keys(GROUPS) as GroupId[]).filter((group) => present.has(group))
}

function summary({ results, verdicts, ms }: ShownReport): Span[] {
  const of = (severity: string) => verdicts.filter((one) => one.severity === severity).length
  const fine = results.filter(({ status }) => status === 'ok').length
  const skipped = results.filter(({ status }) => status === 'skipped').length
  const [errors, warnings] = [of('error'), of('warning')]
  const verdict: Span =
    errors > 0
      ? [`${plural(errors, 'error')}${warnings > 0 ? `, ${plural(warnings, 'warning')}` : ''}`, 'bad']
      : warnings > 0
        ? [plural(warnings, 'warning'), 'warning']
        : ['Nothing is wrong.', 'good']
  const rest = `  ${results.length} checks: ${fine} fine, ${skipped} not needed. ${(ms / 1_000).toFixed(1)} s`
  return [verdict, [rest, 'quiet']]
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function jsonView(): DoctorView {
  const print = (value: object) => writeJson(value)
  const end: DoctorView['end'] = ({ results, verdicts, ms, since }) => {
    for (const verdict of verdicts) {
      const at = since?.get(verdictKey(verdict))
      print({
        type: 'verdict',
        ...verdict,
        docs: docsOf(verdict.code),
        ...(at !== undefined && { since: timestamp(at) }),
      })
    }
    const count = (severity: string) => verdicts.filter((one) => one.severity === severity).length
    const [errors, warnings, remarks] = [count('error'), count('warning'), count('info')]
    print({ type: 'summary', errors, warnings, remarks, checks: results.length, ms: Math.round(ms) })
  }
  return {
    begin: () => undefined,
    done: ({ check: { id, group, title }, status, reason }) =>
      print({ type: 'check', id, group, title, status, reason }),
    end,
    changed: (_before, after) => end(after),
    interrupted: () => undefined,
  }
}
