// The table of members, its filter and its order, and the graph beside it, in which a member can be picked.
import { byId, make } from './dom.js'
import { Graph } from './graph.js'
import { MemberRow } from './member-rows.js'
import { choose, onChoice, view } from './view.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */

/** @type {Readonly<Record<string, number>>} */
const RANK = { unreachable: 0, connecting: 1, waiting: 2, connected: 3, gone: 4 }
/** Rows beyond these are drawn when the reader asks: a browser takes long to lay out a table of a thousand. */
const MAX_ROWS = 300
const ORDER = new Intl.Collator('en', { numeric: true })

/** The columns by which members can be put in order. @type {Readonly<Record<string, readonly [title: string, compare: (a: PageMember, b: PageMember) => number]>>} */
const COLUMNS = {
  node: ['Node', byName],
  state: ['State', (a, b) => (RANK[a.state] ?? 0) - (RANK[b.state] ?? 0)],
  latency: ['Latency', (a, b) => (b.latencyMs ?? -1) - (a.latencyMs ?? -1)],
  in: ['In /s', (a, b) => b.receivedPerSecond - a.receivedPerSecond],
  out: ['Out /s', (a, b) => b.sentPerSecond - a.sentPerSecond],
  since: ['Since', (a, b) => (b.since ?? 0) - (a.since ?? 0)],
}

/** The slowest, the busiest and the newest are what a reader looks for, so in these columns the highest come first. */
const HIGHEST_FIRST = new Set(['latency', 'in', 'out', 'since'])

/** What the list of states offers. @type {readonly (readonly [value: string, text: string])[]} */
const STATES = [
  ['', 'All states'],
  ['trouble', 'Only trouble'],
  ...['connected', 'connecting', 'waiting', 'unreachable', 'gone'].map(
    (state) => /** @type {const} */ ([state, state]),
  ),
]

/** The members as rows, those in trouble first, and as a graph. */
export class MemberTable {
  /** @type {Map<string, MemberRow>} */
  #rows = new Map()
  /** @type {readonly PageMember[]} */
  #members = []
  #self = ''
  #whole = false
  /** The last row, which offers those that are left out. */
  #more = make('tbody')
  /** The order by name, kept: names are the same at most redraws. @type {readonly string[]} */
  #names = []
  #graph

  constructor() {
    this.#graph = new Graph(byId('graph'), (name) => choose({ member: name }))
    byId('graph-card').hidden = false
    this.#makeTools()
    this.#makeHeads()
    const table = byId('members')
    const nameAt = (/** @type {Event} */ { target }) =>
      target instanceof Element ? (target.closest('tbody')?.dataset.name ?? '') : ''
    table.addEventListener('click', (event) => {
      if (event.target instanceof Element && event.target.closest('button.open') !== null)
        choose({ member: nameAt(event) })
    })
    table.addEventListener('pointerover', (event) => this.#graph.pointAt(nameAt(event)))
    table.addEventListener('pointerleave', () => this.#graph.pointAt(''))
    onChoice(() => this.#draw())
  }

  /**
   * @param {string} self our own name
   * @param {readonly PageMember[]} members
   */
  show(self, members) {
    this.#self = self
    this.#members = members
    this.#draw()
  }

  /** Shows again how long each has been in its state. */
  tick() {
    for (const row of this.#rows.values()) row.tick()
  }

  /** Members in the order of their names. A collator is slow, so the order is made anew only when other members are there. */
  #inOrderOfNames() {
    const members = new Map(this.#members.map((member) => [member.name, member]))
    if (this.#names.length !== members.size || this.#names.some((name) => !members.has(name)))
      this.#names = [...members.keys()].sort(ORDER.compare)
    return this.#names.flatMap((name) => members.get(name) ?? [])
  }

  #draw() {
    const { q, state, sort, member: chosen } = view()
    const byTheirName = this.#inOrderOfNames()
    this.#graph.show(this.#self, byTheirName)
    const all = [...byTheirName].sort(orderOf(sort))
    const wanted = q.toLowerCase()
    const shown = all.filter(
      (member) =>
        (state === '' || member.state === state || (state === 'trouble' && member.state !== 'connected')) &&
        (wanted === '' || `${member.name} ${member.code} ${member.reason}`.toLowerCase().includes(wanted)),
    )
    const next = new Map()
    const drawn = this.#whole ? shown : shown.slice(0, MAX_ROWS)
    for (const member of drawn) {
      const row = this.#rows.get(member.name) ?? new MemberRow(member.name)
      row.show(member)
      next.set(member.name, row)
    }
    this.#rows = next
    const table = byId('members')
    const wantedRows = [...next.values()].map(({ row }) => row)
    if (shown.length === 0) {
      const why = all.length === 0 ? 'Nobody else is known yet.' : 'No member fits the filter.'
      wantedRows.push(make('tbody', {}, make('tr', {}, make('td', { colspan: '6', class: 'empty' }, why))))
    }
    if (drawn.length < shown.length) {
      this.#fillMore(shown.length - drawn.length)
      wantedRows.push(this.#more)
    }
    const bodies = table.querySelectorAll('tbody')
    if (wantedRows.length !== bodies.length || wantedRows.some((row, index) => bodies[index] !== row)) {
      // What is taken out loses the focus, even when it comes back at once.
      const focused = document.activeElement
      for (const body of bodies) body.remove()
      table.append(...wantedRows)
      if (focused instanceof HTMLElement && table.contains(focused)) focused.focus({ preventScroll: true })
    }
    for (const [name, { row }] of next) row.classList.toggle('picked', name === chosen)
    byId('members-tools').classList.toggle('wanted', all.length > 8 || q !== '' || state !== '')
    table.classList.toggle('many-members', all.length > 28)
    byId('members-title').replaceChildren(
      'Members ',
      make('small', {}, shown.length === all.length ? `${all.length}` : `${shown.length} of ${all.length}`),
    )
  }

  /** @param {number} count */
  #fillMore(count) {
    if (this.#more.dataset.count === String(count)) return
    this.#more.dataset.count = String(count)
    const button = make('button', { type: 'button' }, `Show ${count} more`)
    button.addEventListener('click', () => {
      this.#whole = true
      this.#draw()
    })
    this.#more.replaceChildren(make('tr', {}, make('td', { colspan: '6' }, button)))
  }

  #makeTools() {
    const input = /** @type {HTMLInputElement} */ (
      make('input', {
        type: 'search',
        placeholder: 'Filter',
        'aria-label': 'Filter members by name or reason',
        autocomplete: 'off',
      })
    )
    input.addEventListener('input', () => choose({ q: input.value }))
    const states = select('Filter members by state', STATES)
    states.addEventListener('change', () => choose({ state: states.value }))
    const order = select('Order of the members', [
      ['', 'Trouble first'],
      ...Object.entries(COLUMNS).map(([key, [title]]) => /** @type {const} */ ([key, `By ${title.toLowerCase()}`])),
    ])
    order.classList.add('order')
    order.addEventListener('change', () => choose({ sort: order.value }))
    byId('members-tools').append(input, states, order)
    const names = make('button', { type: 'button' }, 'All names')
    names.addEventListener('click', () => choose({ names: view().names === 'all' ? '' : 'all' }))
    byId('graph-tools').append(names)
    const reflect = () => {
      const { q, state, sort, names: named } = view()
      if (input.value !== q) input.value = q
      states.value = STATES.some(([value]) => value === state) ? state : ''
      order.value = sort.replace('-', '')
      names.setAttribute('aria-pressed', String(named === 'all'))
    }
    onChoice(reflect)
    reflect()
  }

  /** The heads of the columns become buttons that put the members in order, backwards at the second click. */
  #makeHeads() {
    const heads = [...byId('members').querySelectorAll('thead th')]
    Object.entries(COLUMNS).forEach(([key, [title]], index) => {
      const button = make('button', { type: 'button', class: 'sort' }, title)
      button.addEventListener('click', () => {
        const { sort } = view()
        choose({ sort: sort === key ? `-${key}` : sort === `-${key}` ? '' : key })
      })
      heads[index]?.replaceChildren(button)
    })
    const reflect = () => {
      const { sort } = view()
      Object.keys(COLUMNS).forEach((key, index) => {
        const rising = (sort === key) !== HIGHEST_FIRST.has(key)
        const how = sort.replace('-', '') !== key ? '' : rising ? 'ascending' : 'descending'
        if (how === '') heads[index]?.removeAttribute('aria-sort')
        else heads[index]?.setAttribute('aria-sort', how)
      })
    }
    onChoice(reflect)
    reflect()
  }
}

/**
 * @param {string} label
 * @param {readonly (readonly [value: string, text: string])[]} options
 */
function select(label, options) {
  const element = /** @type {HTMLSelectElement} */ (make('select', { 'aria-label': label }))
  for (const [value, text] of options) element.append(make('option', { value }, text))
  return element
}

/**
 * How members that stand in the order of their names are put in another one; equals stay as they stand.
 *
 * @param {string} sort
 * @returns {(a: PageMember, b: PageMember) => number}
 */
function orderOf(sort) {
  const key = sort.replace('-', '')
  const compare = Object.hasOwn(COLUMNS, key) ? COLUMNS[key]?.[1] : undefined
  if (compare === undefined) return (a, b) => COLUMNS.state?.[1](a, b) ?? 0
  const turn = sort.startsWith('-') ? -1 : 1
  return (a, b) => turn * compare(a, b)
}

/**
 * @param {PageMember} a
 * @param {PageMember} b
 */
function byName(a, b) {
  return ORDER.compare(a.name, b.name)
}
