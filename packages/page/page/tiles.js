// The figures at the top of the page, and below each how it was over the last half hour.
import { Chart } from './chart.js'
import { byId, make } from './dom.js'
import { bytes, tidy } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageState} PageState */
/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */
/** @typedef {import('../src/live/page-state.ts').PageTopology} PageTopology */
/** @typedef {import('../src/live/page-state.ts').PageSample} PageSample */
/** @typedef {import('./chart.js').Point} Point */

/** As many as the server keeps. */
const MAX_SAMPLES = 360

/** @type {readonly { name: string, series: import('./chart.js').Series[], figure: (value: number) => string, of: (sample: PageSample) => Omit<Point, 'at'> }[]} */
const CHARTS = [
  {
    ...{ name: 'Connected', figure: (count) => count.toLocaleString('en') },
    series: [
      { key: 'connected', name: 'connected', tone: 'good' },
      { key: 'missing', name: 'missing', tone: 'bad' },
    ],
    of: ({ connected, missing }) => ({ values: { connected, missing } }),
  },
  {
    ...{ name: 'DNS', figure: (ms) => `${tidy(ms)} ms` },
    series: [{ key: 'ms', name: '', tone: 'accent' }],
    of: ({ dnsMs, dnsFailures }) => ({ values: { ms: dnsMs }, failed: dnsFailures > 0 }),
  },
  {
    ...{ name: 'Latency', figure: (ms) => `${tidy(ms)} ms` },
    series: [
      { key: 'median', name: 'median', tone: 'accent' },
      { key: 'slowest', name: 'slowest', tone: 'warn' },
    ],
    of: ({ latencyMs, slowestMs }) => ({ values: { median: latencyMs, slowest: slowestMs } }),
  },
  {
    ...{ name: 'Messages', figure: (rate) => `${tidy(rate)}/s` },
    series: [
      { key: 'in', name: 'in', tone: 'good' },
      { key: 'out', name: 'out', tone: 'accent' },
    ],
    of: ({ receivedPerSecond, sentPerSecond }) => ({ values: { in: receivedPerSecond, out: sentPerSecond } }),
  },
]

export class Tiles {
  /** @type {PageSample[]} */
  #samples = []
  #everyMs = 5_000
  #tiles

  constructor() {
    this.#tiles = CHARTS.map(({ name, series, figure, of }) => {
      const words = make('div')
      const place = make('div', { class: 'chart-place' })
      return {
        name,
        words,
        of,
        tile: make('div', { class: 'tile' }, words, place),
        chart: new Chart(place, { name, series, figure }),
      }
    })
    byId('tiles').replaceChildren(...this.#tiles.map(({ tile }) => tile))
  }

  /**
   * Takes the whole history.
   *
   * @param {readonly PageSample[]} samples
   * @param {number} everyMs
   */
  begin(samples, everyMs) {
    this.#samples = [...samples]
    this.#everyMs = everyMs
    this.#drawCharts()
  }

  /** @param {PageSample} sample */
  add(sample) {
    if ((this.#samples.at(-1)?.at ?? 0) >= sample.at) return
    this.#samples.push(sample)
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
    this.#drawCharts()
  }

  #drawCharts() {
    for (const { chart, of } of this.#tiles) {
      chart.show(
        this.#samples.map((sample) => ({ at: sample.at, ...of(sample) })),
        this.#everyMs,
      )
    }
  }

  /**
   * Draws the figures.
   *
   * @param {PageState} state
   * @param {readonly PageMember[]} all
   */
  show(state, all) {
    const figures = figuresOf(state, all)
    for (const { name, words, tile } of this.#tiles) {
      const { figure, unit, mood = '', fact } = figures[name] ?? { figure: '', unit: '', fact: '' }
      tile.dataset.mood = mood
      words.replaceChildren(
        make('h2', { class: 'label' }, name),
        make('p', { class: 'figure' }, figure, make('small', {}, unit)),
        make('p', { class: 'fact' }, fact),
      )
    }
  }
}

/**
 * @param {PageState} state
 * @param {readonly PageMember[]} all
 * @returns {Readonly<Record<string, { figure: string, unit: string, mood?: string, fact: string }>>}
 */
function figuresOf(state, all) {
  const connected = all.filter((member) => member.state === 'connected')
  const missing = all.filter((member) => member.expected && member.state !== 'connected')
  const sum = (/** @type {(member: PageMember) => number} */ of) =>
    connected.reduce((total, member) => total + of(member), 0)
  const latencies = connected.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs])).sort((a, b) => a - b)
  const median = latencies[Math.floor(latencies.length / 2)]
  const failing = state.topologies.filter(({ failure }) => failure !== '')
  const answered = state.topologies.map(({ answeredAt }) => answeredAt ?? 0)
  return {
    Connected: {
      ...{
        figure: connected.length.toLocaleString('en'),
        unit: ` of ${(connected.length + missing.length).toLocaleString('en')}`,
      },
      ...{ mood: missing.length > 0 ? 'trouble' : 'good' },
      fact: missing.length === 0 ? 'everybody is here' : `${missing.length.toLocaleString('en')} missing`,
    },
    DNS: {
      ...{ figure: failing.length > 0 ? 'Failing' : answered.includes(0) ? 'Waiting' : 'Answers', unit: '' },
      ...{ mood: failing.length > 0 ? 'trouble' : 'good' },
      fact: failing.length > 0 ? 'all members stay connected' : dnsFact(state.topologies),
    },
    Latency: {
      ...{ figure: median === undefined ? '–' : tidy(median), unit: median === undefined ? '' : ' ms' },
      fact: latencies.length < 2 ? 'ping' : `median; slowest ${tidy(latencies.at(-1) ?? 0)}\u00a0ms`,
    },
    Messages: {
      ...{ figure: tidy(sum((member) => member.receivedPerSecond)), unit: ' in /s' },
      fact: `${tidy(sum((member) => member.sentPerSecond))} out /s · ${bytes(sum((member) => member.bytesPerSecond))}/s`,
    },
  }
}

/** @param {readonly PageTopology[]} topologies */
function dnsFact(topologies) {
  const records = topologies.reduce((total, { records: found, more }) => total + found.length + more, 0)
  const elapsed = topologies.map(({ elapsedMs }) => elapsedMs ?? 0)
  return `${records.toLocaleString('en')} ${records === 1 ? 'record' : 'records'} in ${tidy(Math.max(0, ...elapsed))} ms`
}
