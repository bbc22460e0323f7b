import { LiveRegion } from '../../terminal/live-region.ts'
import { painter, type Span } from '../../terminal/paint.ts'
import type { DemoEvent, NodeView, StepId } from '../demo-event.ts'
import type { News, Newsroom } from './news.ts'
import type { DemoView } from './view.ts'

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
const LOG_LINES = 5
const LABEL_WIDTH = 8

interface StepState {
  readonly state: 'waiting' | 'running' | 'ok' | 'failed'
  readonly text: string
}

/** For people at a terminal: which nodes are linked, the story so far, and the latest news. */
export class LiveView implements DemoView {
  readonly #stream: NodeJS.WriteStream
  readonly #region: LiveRegion
  readonly #paint: ReturnType<typeof painter>
  readonly #news: Newsroom
  readonly #timer: NodeJS.Timeout
  readonly #begun = performance.now()
  readonly #nodes = new Map<string, NodeView>()
  readonly #steps = new Map<string, StepState>()
  #start: Extract<DemoEvent, { type: 'start' }> | undefined
  #dnsUp = true
  #log: (News & { readonly at: number })[] = []
  #end: Extract<DemoEvent, { type: 'end' }> | undefined
  #frame = 0
  #closed = false

  constructor(stream: NodeJS.WriteStream, colourful: boolean, news: Newsroom) {
    this.#news = news
    this.#stream = stream
    this.#region = new LiveRegion(stream)
    this.#paint = painter(colourful)
    this.#timer = setInterval(() => this.#draw(), FRAME_MS)
    this.#timer.unref()
  }

  show(event: DemoEvent): void {
    if (event.type === 'start') this.#start = event
    else if (event.type === 'node') this.#nodes.set(event.node.label, event.node)
    else if (event.type === 'dns') this.#dnsUp = event.up
    else if (event.type === 'end') this.#end = event
    else if (event.type === 'step') {
      this.#steps.set(event.step, { state: event.state, text: event.state === 'running' ? '' : event.text })
    }
    const news = this.#news(event)
    if (news !== undefined)
      this.#log = [...this.#log, { ...news, at: performance.now() - this.#begun }].slice(-LOG_LINES)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#draw()
    this.#region.close()
  }

  #draw(): void {
    this.#frame += 1
    // A pseudo-terminal without a size says 0.
    const columns = this.#stream.columns || 80
    const rows = this.#stream.rows || 24
    const fixed = [...this.#header(), [], ...this.#table(), [], ...this.#story()]
    const ending: Span[][] = this.#end === undefined ? [] : [[], this.#verdict(this.#end)]
    const room = rows - 1 - fixed.length - ending.length - 1
    const log = this.#end === undefined && room > 0 ? [[], ...this.#recent(Math.min(room, LOG_LINES))] : []
    const lines = [...fixed, ...log, ...ending].slice(0, rows - 1)
    this.#region.draw(lines.map((spans) => this.#paint(spans, columns - 1)))
  }

  #header(): Span[][] {
    const elapsed = `${((performance.now() - this.#begun) / 1_000).toFixed(1)} s`
    const start = this.#start
    if (start === undefined) return [[['dynsrv demo', 'title'], `  ${this.#spin()} setting up   `, [elapsed, 'quiet']]]
    const found: Span = [start.erlang.found ? `OTP ${start.erlang.release}   ` : '', 'quiet']
    const missing = start.erlang.found
      ? undefined
      : `no Erlang nodes: ${start.erlang.why}; install Erlang to see them join`
    return [
      [
        ['dynsrv demo', 'title'],
        '  ',
        [start.service, 'name'],
        `   DNS ${start.dns} `,
        this.#dnsUp ? ['● up', 'good'] : ['● down', 'bad'],
        '   ',
        found,
        [elapsed, 'quiet'],
      ],
      ...(missing === undefined ? [] : [[[missing, 'warning'] as const]]),
    ]
  }

  #table(): Span[][] {
    const nodes = [...this.#nodes.values()].sort((one, two) => one.label.localeCompare(two.label))
    if (nodes.length === 0) return []
    const shown = nodes.filter(({ state }) => state !== 'left')
    const runs = Math.max(...nodes.map((node) => node.runs.length), 4)
    const head: Span[] = [
      [`  ${'node'.padEnd(LABEL_WIDTH)}${'runs'.padEnd(runs + 2)}${'port'.padEnd(7)}`, 'quiet'],
      ...shown.map(({ label }): Span => [centred(label), 'quiet']),
    ]
    return [head, ...nodes.map((node) => this.#row(node, shown, runs))]
  }

  #row(node: NodeView, columns: readonly NodeView[], runs: number): Span[] {
    const left = node.state === 'left'
    const lead: Span[] = [
      node.state === 'starting' ? `${this.#spin()} ` : left ? ['○ ', 'quiet'] : ['● ', 'good'],
      [node.label.padEnd(LABEL_WIDTH), left ? 'quiet' : 'name'],
      [node.runs.padEnd(runs + 2), left ? 'quiet' : 'plain'],
      [(node.port === 0 ? '' : String(node.port)).padEnd(7), 'quiet'],
    ]
    if (left) return [...lead, ['  left', 'quiet']]
    const cells = columns.map(({ label }): Span => {
      if (label === node.label) return [centred('─'), 'quiet']
      return node.links.includes(label) ? [centred('●'), 'good'] : [centred('·'), 'quiet']
    })
    return [...lead, ...cells]
  }

  #story(): Span[][] {
    const steps = this.#start?.steps ?? []
    const width = Math.max(0, ...steps.map(({ title }) => title.length))
    return steps.map((step) => this.#step(step, width))
  }

  #step({ id, title }: StepId, width: number): Span[] {
    const { state, text } = this.#steps.get(id) ?? { state: 'waiting', text: '' }
    const padded = title.padEnd(width + 2)
    if (state === 'waiting')
      return [
        ['○ ', 'quiet'],
        [padded, 'quiet'],
      ]
    if (state === 'running')
      return [
        [`${this.#spin()} `, 'warning'],
        [padded, 'title'],
      ]
    return [state === 'ok' ? ['✔ ', 'good'] : ['✖ ', 'bad'], padded, [text, state === 'ok' ? 'quiet' : 'bad']]
  }

  #recent(count: number): Span[][] {
    return this.#log
      .slice(-count)
      .map(({ at, who, sign, text }) => [
        [`${(at / 1_000).toFixed(2).padStart(6)} s  `, 'quiet'],
        [who.padEnd(6), 'name'],
        [` ${sign} `, sign === '+' ? 'good' : sign === '-' ? 'bad' : 'warning'],
        ...text,
      ])
  }

  #verdict({ ok, text }: { readonly ok: boolean; readonly text: string }): Span[] {
    return [[text, ok ? 'good' : 'bad']]
  }

  #spin(): string {
    return SPINNER[this.#frame % SPINNER.length]!
  }
}

/** A table cell, seven wide, its text in the middle. */
function centred(text: string): string {
  const before = Math.ceil((7 - text.length) / 2)
  return `${' '.repeat(Math.max(0, before))}${text}`.padEnd(7)
}
