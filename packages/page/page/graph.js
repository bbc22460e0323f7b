// The cluster as a picture: this node in the middle, a line to each member. The table holds the same in words.

import { tidy } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */
/** @typedef {{ x: number, y: number, angle: number }} Place */
/** @typedef {{ group: SVGGElement, link: SVGPathElement, flow: SVGPathElement, shown: string }} Drawn */

const NAMESPACE = 'http://www.w3.org/2000/svg'
/** Up to here every member has its name beside it. */
const MANY = 28
/** With many members, at most this many of those in trouble are named. */
const NAMED_TROUBLE = 12
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5))

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number>} [attributes]
 * @returns {SVGElementTagNameMap[K]}
 */
function svg(name, attributes = {}) {
  const element = document.createElementNS(NAMESPACE, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  return element
}

export class Graph {
  #root = svg('svg', { role: 'img', 'aria-labelledby': 'graph-name graph-text' })
  #name = svg('title', { id: 'graph-name' })
  #text = svg('desc', { id: 'graph-text' })
  #rings = svg('g', { class: 'rings' })
  #links = svg('g', { class: 'links' })
  #nodes = svg('g', { class: 'nodes' })
  #self = svg('g', { class: 'self' })
  /** @type {Map<string, Drawn>} */
  #drawn = new Map()
  /** @type {readonly PageMember[]} */
  #members = []
  #selfName = ''
  #width = 0
  #height = 0
  #layout = ''

  /**
   * @param {Element} place where it is drawn
   * @param {(name: string) => void} onPick called with the member that was clicked
   */
  constructor(place, onPick) {
    this.#root.append(this.#name, this.#text, this.#rings, this.#links, this.#nodes, this.#self)
    place.append(this.#root)
    this.#nodes.addEventListener('click', (event) => {
      const group = event.target instanceof Element ? event.target.closest('[data-name]') : null
      if (group !== null) onPick(group.getAttribute('data-name') ?? '')
    })
    new ResizeObserver(([entry]) => {
      if (entry === undefined) return
      const { width } = entry.contentRect
      this.#width = Math.max(280, Math.round(width))
      this.#height = Math.round(Math.min(560, Math.max(320, this.#width * 0.68)))
      this.#root.setAttribute('viewBox', `0 0 ${this.#width} ${this.#height}`)
      this.#root.setAttribute('height', String(this.#height))
      this.#draw()
    }).observe(place)
  }

  /**
   * @param {string} selfName
   * @param {readonly PageMember[]} members
   */
  show(selfName, members) {
    this.#selfName = selfName
    this.#members = members
    this.#draw()
  }

  #draw() {
    if (this.#width === 0) return
    const members = this.#members
    const many = members.length > MANY
    this.#root.classList.toggle('many', many)
    this.#describe()
    this.#drawFrame(many)
    const hosts = new Set(members.map(({ name }) => name.split('@')[1]))
    let named = 0
    const there = new Set()
    members.forEach((member, index) => {
      there.add(member.name)
      const label = !many || (member.state === 'unreachable' && named++ < NAMED_TROUBLE)
      this.#drawMember(member, this.#place(index, members.length), label, hosts.size > 1)
    })
    for (const [name, drawn] of this.#drawn) {
      if (there.has(name)) continue
      drawn.group.remove()
      drawn.link.remove()
      drawn.flow.remove()
      this.#drawn.delete(name)
    }
  }

  #describe() {
    /** @type {Map<string, number>} */
    const counts = new Map()
    for (const { state } of this.#members) counts.set(state, (counts.get(state) ?? 0) + 1)
    const counted = [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
    const name = `The cluster as ${this.#selfName} sees it`
    const text = `${counted === '' ? 'No other member is known yet' : counted}. The table of members says the same in words.`
    if (this.#name.textContent !== name) this.#name.textContent = name
    if (this.#text.textContent !== text) this.#text.textContent = text
  }

  /** @param {boolean} many */
  #drawFrame(many) {
    const layout = `${this.#width} ${this.#height} ${many} ${this.#selfName}`
    if (layout === this.#layout) return
    this.#layout = layout
    const [x, y] = [this.#width / 2, this.#height / 2]
    const { rx, ry } = this.#radii()
    this.#rings.replaceChildren(
      ...[1, 0.66, 0.33].map((part) => svg('ellipse', { cx: x, cy: y, rx: rx * part, ry: ry * part })),
    )
    const label = svg('text', { x, y: y + 42, class: 'label' })
    label.textContent = short(aliveOf(this.#selfName), 26)
    const sub = svg('text', { x, y: y + 57, class: 'sublabel' })
    sub.textContent = 'this node'
    const backs = [label, sub].map((text) => {
      const back = /** @type {SVGTextElement} */ (text.cloneNode(true))
      back.classList.add('halo')
      return back
    })
    this.#self.replaceChildren(
      svg('circle', { cx: x, cy: y, r: 40, class: 'glow' }),
      svg('circle', { cx: x, cy: y, r: 22, class: 'core' }),
      svg('path', { class: 'mark', d: mark(x, y) }),
      ...backs,
      label,
      sub,
    )
  }

  #radii() {
    return { rx: this.#width / 2 - (this.#width < 520 ? 48 : 92), ry: this.#height / 2 - 46 }
  }

  /**
   * @param {number} index
   * @param {number} count
   * @returns {Place}
   */
  #place(index, count) {
    const { rx, ry } = this.#radii()
    const [x, y] = [this.#width / 2, this.#height / 2]
    if (count <= MANY) {
      // Two rings when one is crowded; half a step off the vertical, where the name of this node stands.
      const inner = count > 12 && index % 2 === 1 ? 0.68 : 1
      const angle = -Math.PI / 2 + ((index + (count % 2 === 0 ? 0.5 : 0)) / count) * 2 * Math.PI
      return { x: x + rx * inner * Math.cos(angle), y: y + ry * inner * Math.sin(angle), angle }
    }
    const angle = index * GOLDEN_ANGLE
    const part = Math.sqrt(0.11 + (0.89 * (index + 0.5)) / count)
    return { x: x + (rx + 56) * part * Math.cos(angle), y: y + (ry + 26) * part * Math.sin(angle), angle }
  }

  /**
   * @param {PageMember} member
   * @param {Place} place
   * @param {boolean} named
   * @param {boolean} withHost
   */
  #drawMember(member, { x, y }, named, withHost) {
    const { name, state, reason, latencyMs, receivedPerSecond, sentPerSecond } = member
    const rate = receivedPerSecond + sentPerSecond
    const weight = state === 'connected' ? Math.min(5, 1.4 + Math.log10(1 + rate)) : 1.4
    const shown = JSON.stringify([x, y, named, withHost, state, reason, weight, latencyMs])
    const drawn = this.#drawn.get(name) ?? this.#add(name)
    if (drawn.shown === shown) return
    drawn.shown = shown
    const { group, link, flow } = drawn
    group.setAttribute('data-state', state)
    group.style.transform = `translate(${x}px, ${y}px)`
    const trouble = state === 'unreachable' && this.#members.length > MANY ? 2.5 : 0
    const size = trouble + (this.#members.length > 200 ? 4.5 : this.#members.length > MANY ? 6 : 12)
    const title = svg('title')
    title.textContent = `${name}: ${state}${reason === '' ? '' : `, ${reason}`}`
    group.replaceChildren(
      title,
      svg('circle', { r: size + 6, class: 'touch' }),
      svg('circle', { r: size, class: 'dot' }),
    )
    if (state === 'unreachable') {
      // What is wrong lies above what is not.
      this.#nodes.append(group)
      const arm = size * 0.42
      group.append(svg('path', { class: 'cross', d: `M${-arm} ${-arm}L${arm} ${arm}M${arm} ${-arm}L${-arm} ${arm}` }))
    }
    if (named) group.append(...labels(member, size, withHost, this.#members.length > MANY))
    const [cx, cy] = [this.#width / 2, this.#height / 2]
    const [bendX, bendY] = [(cx + x) / 2 - (y - cy) * 0.07, (cy + y) / 2 + (x - cx) * 0.07]
    for (const path of [link, flow]) {
      path.setAttribute('d', `M${cx} ${cy}Q${bendX} ${bendY} ${x} ${y}`)
      path.setAttribute('data-state', state)
      path.setAttribute('stroke-width', weight.toFixed(2))
    }
    flow.classList.toggle('busy', state === 'connected' && rate > 0.5 && this.#members.length <= MANY)
  }

  /**
   * @param {string} name
   * @returns {Drawn}
   */
  #add(name) {
    const drawn = {
      group: svg('g', { 'data-name': name }),
      link: svg('path'),
      flow: svg('path', { class: 'flow' }),
      shown: '',
    }
    this.#drawn.set(name, drawn)
    this.#links.append(drawn.link, drawn.flow)
    this.#nodes.append(drawn.group)
    return drawn
  }
}

/**
 * @param {PageMember} member
 * @param {number} size
 * @param {boolean} withHost
 * @param {boolean} many
 */
function labels({ name, state, latencyMs }, size, withHost, many) {
  const lines = [short(aliveOf(name), 20)]
  if (many) return textLines(lines, size)
  if (withHost) lines.push(short(name.split('@')[1] ?? '', 26))
  if (state !== 'connected') lines.push(state)
  else if (latencyMs !== null) lines.push(`${tidy(latencyMs)} ms`)
  return textLines(lines, size)
}

/**
 * @param {readonly string[]} lines
 * @param {number} size
 */
function textLines(lines, size) {
  return lines.flatMap((line, index) =>
    ['halo ', ''].map((halo) => {
      const text = svg('text', { y: size + 17 + index * 14, class: `${halo}${index === 0 ? 'label' : 'sublabel'}` })
      text.textContent = line
      return text
    }),
  )
}

/** @param {string} name */
function aliveOf(name) {
  return name.split('@')[0] ?? name
}

/**
 * @param {string} text
 * @param {number} length
 */
function short(text, length) {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

/**
 * @param {number} x
 * @param {number} y
 */
function mark(x, y) {
  const corners = [0, 1, 2, 3, 4, 5].map((corner) => {
    const angle = (corner * Math.PI) / 3 - Math.PI / 2
    return `${(x + 9 * Math.cos(angle)).toFixed(1)} ${(y + 9 * Math.sin(angle)).toFixed(1)}`
  })
  return `M${corners.join('L')}Z`
}
