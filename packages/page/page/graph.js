// The cluster as a picture: this node in the middle, a line to each member. The table holds the same in words.

import { byId } from './dom.js'
import { placeLabels } from './graph-labels.js'
import { svg } from './svg.js'
import { tidy } from './units.js'
import { onChoice, view } from './view.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */
/** @typedef {{ x: number, y: number }} Place */
/** @typedef {{ text: string, kind: 'label' | 'sublabel' | 'small' }} Line */
/** @typedef {{ group: SVGGElement, link: SVGPathElement, flow: SVGPathElement, shown: string, place: Place, size: number }} Drawn */

/** Up to here every member has its name beside it. */
const MANY = 28
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5))
const LINE_HEIGHT = 14.5
/** As the style sheet has them. */
const FONTS = { label: '620 13.5px', sublabel: '12px', small: '550 11.5px' }

export class Graph {
  #root = svg('svg', { role: 'img', 'aria-labelledby': 'graph-name graph-text' })
  #name = svg('title', { id: 'graph-name' })
  #text = svg('desc', { id: 'graph-text' })
  #rings = svg('g', { class: 'rings' })
  #links = svg('g', { class: 'links' })
  #nodes = svg('g', { class: 'nodes' })
  #self = svg('g', { class: 'self' })
  #labels = svg('g', { class: 'labels' })
  #pointed = svg('g', { class: 'pointed' })
  /** @type {Map<string, Drawn>} */
  #drawn = new Map()
  /** @type {readonly PageMember[]} */
  #members = []
  #selfName = ''
  #width = 0
  #height = 0
  #layout = ''
  #labelled = ''
  #pointedAt = ''

  /**
   * @param {Element} place where it is drawn
   * @param {(name: string) => void} onPick called with the member that was clicked
   */
  constructor(place, onPick) {
    this.#root.append(
      this.#name,
      this.#text,
      this.#rings,
      this.#links,
      this.#nodes,
      this.#self,
      this.#labels,
      this.#pointed,
    )
    place.append(this.#root)
    const nameAt = (/** @type {Event} */ event) =>
      event.target instanceof Element ? (event.target.closest('[data-name]')?.getAttribute('data-name') ?? '') : ''
    this.#nodes.addEventListener('click', (event) => {
      const name = nameAt(event)
      if (name !== '') onPick(name)
    })
    this.#nodes.addEventListener('pointerover', (event) => this.pointAt(nameAt(event)))
    this.#nodes.addEventListener('pointerout', () => this.pointAt(''))
    onChoice(() => this.#draw())
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
    this.#root.classList.toggle('crowd', members.length > 150)
    byId('graph-tools').hidden = !many
    this.#describe()
    this.#drawFrame(many)
    const there = new Set()
    members.forEach((member, index) => {
      there.add(member.name)
      this.#drawMember(member, this.#place(index, members.length))
    })
    for (const [name, drawn] of this.#drawn) {
      if (there.has(name)) continue
      drawn.group.remove()
      drawn.link.remove()
      drawn.flow.remove()
      this.#drawn.delete(name)
    }
    this.#drawLabels(many)
    this.pointAt(this.#pointedAt)
  }

  /**
   * Shows the name of one member over everything else.
   *
   * @param {string} name empty for none
   */
  pointAt(name) {
    this.#pointedAt = name
    const drawn = this.#drawn.get(name)
    const member = this.#members.find((one) => one.name === name)
    if (drawn === undefined || member === undefined) {
      if (this.#pointed.childNodes.length > 0) this.#pointed.replaceChildren()
      return
    }
    const { x, y } = drawn.place
    const lines = [
      ...name.split(/(?<=@)/).map((text) => ({ text: short(text, 44), kind: /** @type {const} */ ('label') })),
      { text: factOf(member), kind: /** @type {const} */ ('sublabel') },
    ]
    const [width, height] = [Math.max(...lines.map(widthOf)) + 16, lines.length * LINE_HEIGHT + 9]
    const left = Math.min(Math.max(0, x - width / 2), Math.max(0, this.#width - width))
    const top = y + drawn.size + 8 + height > this.#height ? y - drawn.size - 8 - height : y + drawn.size + 8
    this.#pointed.replaceChildren(
      svg('circle', { cx: x, cy: y, r: drawn.size + 4 }),
      svg('rect', { x: left, y: top, width, height, rx: 8 }),
      ...textLines(lines, left + width / 2, top + 5),
    )
  }

  /** @param {boolean} many */
  #drawLabels(many) {
    const members = this.#members
    const all = view().names === 'all'
    const hosts = new Set(members.map(({ name }) => name.split('@')[1]))
    const named = many && !all ? members.filter(({ state }) => state === 'unreachable') : members
    const wanted = [...named]
      .sort((a, b) => Number(b.state === 'unreachable') - Number(a.state === 'unreachable'))
      .flatMap((member) => {
        const drawn = this.#drawn.get(member.name)
        const lines = linesOf(member, many, hosts.size > 1)
        return drawn === undefined ? [] : [{ member, lines, drawn }]
      })
    const layout = [this.#width, this.#height, many, members.length]
    const labelled = JSON.stringify([layout, wanted.map(({ member, lines }) => [member.name, member.state, lines])])
    if (labelled === this.#labelled) return
    this.#labelled = labelled
    const [cx, cy] = [this.#width / 2, this.#height / 2]
    const boxes = placeLabels(
      wanted.map(({ member, lines, drawn }) => ({
        ...{ name: member.name, ...drawn.place, size: drawn.size },
        ...{ width: Math.max(...lines.map(widthOf)) + 6, height: lines.length * LINE_HEIGHT },
      })),
      {
        ...{ width: this.#width, height: this.#height },
        // No name hides this node, nor a member in trouble.
        taken: [
          { left: cx - 66, right: cx + 66, top: cy - 26, bottom: cy + 62 },
          ...members.flatMap(({ name, state }) => (state === 'unreachable' ? this.#boxOf(name) : [])),
        ],
        dots: members.flatMap(({ name }) => this.#boxOf(name)),
        // With many links a name cannot keep off them all, and they are faint.
        links: many ? [] : [...this.#drawn.values()].flatMap(({ place }) => along(cx, cy, place)),
      },
    )
    this.#labels.replaceChildren(
      ...wanted.flatMap(({ member, lines }) => {
        const box = boxes.get(member.name)
        if (box === undefined) return []
        const label = svg('g', { 'data-state': member.state })
        label.append(...textLines(lines, (box.left + box.right) / 2, box.top))
        return [label]
      }),
    )
  }

  /** @param {string} name */
  #boxOf(name) {
    const drawn = this.#drawn.get(name)
    if (drawn === undefined) return []
    const { place, size } = drawn
    return [{ left: place.x - size, right: place.x + size, top: place.y - size, bottom: place.y + size }]
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
      return { x: x + rx * inner * Math.cos(angle), y: y + ry * inner * Math.sin(angle) }
    }
    const angle = index * GOLDEN_ANGLE
    const part = Math.sqrt(0.11 + (0.89 * (index + 0.5)) / count)
    return { x: x + (rx + 56) * part * Math.cos(angle), y: y + (ry + 26) * part * Math.sin(angle) }
  }

  /**
   * @param {PageMember} member
   * @param {Place} place
   */
  #drawMember(member, place) {
    const { x, y } = place
    const { name, state, reason, receivedPerSecond, sentPerSecond } = member
    const rate = receivedPerSecond + sentPerSecond
    // In steps, so that a small change of the rate draws nothing anew.
    const weight = state === 'connected' ? Math.round(2 * Math.min(5, 1.4 + Math.log10(1 + rate))) / 2 : 1.5
    const shown = JSON.stringify([x, y, state, reason, weight, this.#members.length > MANY])
    const drawn = this.#drawn.get(name) ?? this.#add(name)
    if (drawn.shown === shown) return
    drawn.shown = shown
    const { group, link, flow } = drawn
    group.setAttribute('data-state', state)
    group.style.transform = `translate(${x}px, ${y}px)`
    const count = this.#members.length
    const trouble = state === 'unreachable' && count > MANY ? 2.5 : 0
    const size = trouble + (count > 500 ? 3 : count > 200 ? 4.5 : count > MANY ? 6 : 12)
    drawn.place = place
    drawn.size = size
    group.replaceChildren(
      // In a crowd a larger one would lie on its neighbours.
      svg('circle', { r: size + (count > 200 ? 1 : 6), class: 'touch' }),
      svg('circle', { r: size, class: 'dot' }),
    )
    if (state === 'unreachable') {
      // What is wrong lies above what is not.
      this.#nodes.append(group)
      const arm = size * 0.42
      group.append(svg('path', { class: 'cross', d: `M${-arm} ${-arm}L${arm} ${arm}M${arm} ${-arm}L${-arm} ${arm}` }))
    }
    const [cx, cy] = [this.#width / 2, this.#height / 2]
    const bend = bendOf(cx, cy, place)
    for (const path of [link, flow]) {
      path.setAttribute('d', `M${cx} ${cy}Q${bend.x} ${bend.y} ${x} ${y}`)
      path.setAttribute('data-state', state)
      path.setAttribute('stroke-width', String(weight))
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
      place: { x: 0, y: 0 },
      size: 0,
    }
    this.#drawn.set(name, drawn)
    this.#links.append(drawn.link, drawn.flow)
    this.#nodes.append(drawn.group)
    return drawn
  }
}

/**
 * @param {number} cx
 * @param {number} cy
 * @param {Place} place
 */
function bendOf(cx, cy, { x, y }) {
  return { x: (cx + x) / 2 - (y - cy) * 0.07, y: (cy + y) / 2 + (x - cx) * 0.07 }
}

/**
 * Points on the link to a member.
 *
 * @param {number} cx
 * @param {number} cy
 * @param {Place} place
 */
function along(cx, cy, place) {
  const bend = bendOf(cx, cy, place)
  return Array.from({ length: 40 }, (_, step) => {
    const [part, rest] = [step / 40, 1 - step / 40]
    return {
      x: rest * rest * cx + 2 * rest * part * bend.x + part * part * place.x,
      y: rest * rest * cy + 2 * rest * part * bend.y + part * part * place.y,
    }
  })
}

/**
 * @param {PageMember} member
 * @param {boolean} many
 * @param {boolean} withHost
 * @returns {Line[]}
 */
function linesOf(member, many, withHost) {
  const name = short(aliveOf(member.name), 20)
  if (many) return [{ text: name, kind: 'small' }]
  const fact = factOf(member)
  const below = [withHost ? short(member.name.split('@')[1] ?? '', 26) : '', fact === 'connected' ? '' : fact]
  return [
    { text: name, kind: 'label' },
    ...below.flatMap((text) => (text === '' ? [] : [{ text, kind: /** @type {const} */ ('sublabel') }])),
  ]
}

/** @param {PageMember} member */
function factOf({ state, latencyMs }) {
  return state === 'connected' && latencyMs !== null ? `${tidy(latencyMs)} ms` : state
}

/**
 * @param {readonly Line[]} lines
 * @param {number} x their middle
 * @param {number} top
 */
function textLines(lines, x, top) {
  return lines.flatMap(({ text, kind }, index) =>
    ['halo ', ''].map((halo) => svg('text', { x, y: top + 11 + index * LINE_HEIGHT, class: `${halo}${kind}` }, text)),
  )
}

const ruler = document.createElement('canvas').getContext('2d')
/** @type {Map<string, number>} */
const widths = new Map()

/** @param {Line} line */
function widthOf({ text, kind }) {
  const font = FONTS[kind]
  const key = `${font} ${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  if (ruler !== null) ruler.font = `${font} ${getComputedStyle(document.documentElement).fontFamily}`
  const width = ruler?.measureText(text).width ?? text.length * 8
  // Peers choose names.
  if (widths.size > 5_000) widths.clear()
  widths.set(key, width)
  return width
}

/** @param {string} name */
function aliveOf(name) {
  return name.split('@')[0] ?? name
}

/**
 * A long name without its middle: the numbers that tell one from another stand at the end.
 *
 * @param {string} text
 * @param {number} length
 */
function short(text, length) {
  const characters = [...text]
  if (characters.length <= length) return text
  const end = Math.floor((length - 1) / 2)
  return `${characters.slice(0, length - 1 - end).join('')}…${characters.slice(-end).join('')}`
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
