// A line over time: small enough to stand under a figure. The figures at the pointer stand in words beside it.
import { make } from './dom.js'
import { svg } from './svg.js'
import { clock } from './units.js'

/** @typedef {{ key: string, name: string, tone: string }} Series */
/** @typedef {{ at: number, values: Readonly<Record<string, number | null>>, failed?: boolean }} Point */

const LEFT = 1
const TOP = 5
const BOTTOM = 3

export class Chart {
  #root = svg('svg', { class: 'chart', role: 'img' })
  #title = svg('title')
  #plot = svg('g')
  #pointer = svg('g', { class: 'pointer' })
  #said = make('p', { class: 'chart-says' })
  #series
  #figure
  #height
  /** @type {readonly Point[]} */
  #points = []
  #everyMs = 5_000
  #width = 0
  #top = 1
  /** @type {number | null} */
  #pointed = null

  /**
   * @param {Element} place where it is drawn
   * @param {{ name: string, series: readonly Series[], figure: (value: number) => string, height?: number }} options
   */
  constructor(place, { name, series, figure, height = 56 }) {
    this.#series = series
    this.#figure = figure
    this.#height = height
    this.name = name
    this.#root.append(this.#title, this.#plot, this.#pointer)
    this.#root.setAttribute('height', String(height))
    place.append(this.#root, this.#said)
    this.#root.addEventListener('pointermove', (event) => {
      const { left, width } = this.#root.getBoundingClientRect()
      this.#pointed = ((event.clientX - left) / Math.max(1, width)) * this.#width
      this.#point()
    })
    this.#root.addEventListener('pointerleave', () => {
      this.#pointed = null
      this.#point()
    })
    new ResizeObserver(([entry]) => {
      if (entry === undefined) return
      this.#width = Math.max(60, Math.round(entry.contentRect.width))
      this.#root.setAttribute('viewBox', `0 0 ${this.#width} ${height}`)
      this.#draw()
    }).observe(place)
  }

  /**
   * @param {readonly Point[]} points oldest first
   * @param {number} everyMs the usual time between two of them
   */
  show(points, everyMs) {
    this.#points = points
    this.#everyMs = everyMs
    this.#draw()
  }

  #draw() {
    if (this.#width === 0) return
    const highest = Math.max(
      0,
      ...this.#points.flatMap(({ values }) => this.#series.map(({ key }) => values[key] ?? 0)),
    )
    this.#top = rounded(highest)
    const base = this.#height - BOTTOM
    this.#plot.replaceChildren(
      svg('path', { class: 'axis', d: `M0 ${base + 0.5}H${this.#width}M0 ${TOP - 0.5}H${this.#width}` }),
      ...this.#points.flatMap(({ at, failed }) =>
        failed === true ? [svg('path', { class: 'failed', d: `M${this.#x(at)} ${TOP}V${base}` })] : [],
      ),
      ...this.#series.flatMap(({ key, tone }, index) => {
        const lines = this.#lines(key)
        const line = svg('path', { class: 'line', 'data-tone': tone, d: lines.map(({ d }) => d).join('') })
        if (index > 0) return [line]
        const area = lines.map(({ d, from, to }) => `${d}L${to} ${base}L${from} ${base}Z`).join('')
        return [svg('path', { class: 'area', 'data-tone': tone, d: area }), line]
      }),
    )
    this.#point()
  }

  /**
   * A line is broken where nothing was measured.
   *
   * @param {string} key
   */
  #lines(key) {
    /** @type {{ d: string, from: number, to: number }[]} */
    const lines = []
    let before = Number.NEGATIVE_INFINITY
    for (const { at, values } of this.#points) {
      const value = values[key] ?? null
      if (value === null) continue
      const [x, y] = [this.#x(at), this.#y(value)]
      const last = lines.at(-1)
      if (last === undefined || at - before > 2.5 * this.#everyMs) lines.push({ d: `M${x} ${y}h.01`, from: x, to: x })
      else {
        last.d += `L${x} ${y}`
        last.to = x
      }
      before = at
    }
    return lines
  }

  /** @param {number} at */
  #x(at) {
    const first = this.#points[0]?.at ?? 0
    // A young chart fills a sixth of its width in five minutes, not all of it at once.
    const span = Math.max(5 * 60_000, (this.#points.at(-1)?.at ?? 0) - first)
    const from = (this.#points.at(-1)?.at ?? 0) - span
    return round(LEFT + ((at - from) / span) * (this.#width - 2 * LEFT))
  }

  /** @param {number} value */
  #y(value) {
    return round(this.#height - BOTTOM - (value / this.#top) * (this.#height - BOTTOM - TOP))
  }

  /** Says what stands at the pointer, or what the whole line comes to. */
  #point() {
    const whole = this.#summary()
    if (this.#title.textContent !== whole) this.#title.textContent = whole
    const pointed = this.#pointed
    if (pointed === null || this.#points.length === 0) {
      this.#pointer.replaceChildren()
      const minutes = Math.round(((this.#points.at(-1)?.at ?? 0) - (this.#points[0]?.at ?? 0)) / 60_000)
      this.#say(
        this.#points.length < 2
          ? 'The chart begins now.'
          : `0 to ${this.#figure(this.#top)} · last ${minutes < 1 ? 'minute' : `${minutes} min`}`,
      )
      return
    }
    const nearest = this.#points.reduce((best, point) =>
      Math.abs(this.#x(point.at) - pointed) < Math.abs(this.#x(best.at) - pointed) ? point : best,
    )
    const x = this.#x(nearest.at)
    const dots = this.#series.flatMap(({ key, tone }) => {
      const value = nearest.values[key] ?? null
      return value === null ? [] : [svg('circle', { cx: x, cy: this.#y(value), r: 3, 'data-tone': tone })]
    })
    this.#pointer.replaceChildren(svg('path', { d: `M${x} ${TOP}V${this.#height - BOTTOM}` }), ...dots)
    const parts = this.#series.map(({ key, name }) => {
      const value = nearest.values[key] ?? null
      return `${value === null ? '–' : this.#figure(value)}${name === '' ? '' : ` ${name}`}`
    })
    if (nearest.failed === true) parts.push('a lookup failed')
    this.#say(`${clock(nearest.at)}  ${parts.join(', ')}`)
  }

  /** @param {string} text */
  #say(text) {
    if (this.#said.textContent !== text) this.#said.replaceChildren(text)
  }

  #summary() {
    const parts = this.#series.map(({ key, name }) => {
      const values = this.#points.flatMap(({ values }) => values[key] ?? [])
      if (values.length === 0) return `${name === '' ? '' : `${name}: `}nothing was measured`
      const [least, most, last] = [Math.min(...values), Math.max(...values), values.at(-1) ?? 0]
      return `${name === '' ? '' : `${name}: `}now ${this.#figure(last)}, least ${this.#figure(least)}, most ${this.#figure(most)}`
    })
    const failed = this.#points.filter(({ failed }) => failed === true).length
    return `${this.name} over time. ${parts.join('; ')}${failed === 0 ? '' : `; lookups failed at ${failed} points`}.`
  }
}

/**
 * The top of the scale: the next number that looks round.
 *
 * @param {number} highest
 */
function rounded(highest) {
  if (highest <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(highest))
  return ([1, 1.5, 2, 3, 4, 6, 8, 10].find((times) => times * power >= highest) ?? 10) * power
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10
}
