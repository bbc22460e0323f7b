// The table of members, its filter, and the graph beside it, in which a member can be picked.
import { byId, make } from './dom.js'
import { Graph } from './graph.js'
import { fill, rowOf } from './member-rows.js'
import { ago } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */

/** @type {Readonly<Record<string, number>>} */
const RANK = { unreachable: 0, connecting: 1, waiting: 2, connected: 3, gone: 4 }
const ORDER = new Intl.Collator('en', { numeric: true })

/** The members as rows, those in trouble first, and as a graph. */
export class MemberTable {
  /** @type {Map<string, { row: HTMLElement, shown: PageMember }>} */
  #rows = new Map()
  /** @type {readonly PageMember[]} */
  #members = []
  #self = ''
  #filter = ''
  #onlyTrouble = false
  #graph

  constructor() {
    this.#graph = new Graph(byId('graph'), (name) => this.#pick(name))
    byId('graph-card').hidden = false
    this.#makeTools()
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
    for (const { row, shown } of this.#rows.values()) {
      const cell = row.querySelector('.since')
      const text = shown.since === null ? '–' : ago(shown.since)
      if (cell !== null && cell.textContent !== text) cell.textContent = text
    }
  }

  /** @param {string} name */
  #pick(name) {
    const row = this.#rows.get(name)?.row
    if (row === undefined) return
    for (const { row: other } of this.#rows.values()) other.classList.toggle('picked', other === row)
    row.scrollIntoView({ block: 'nearest' })
  }

  #draw() {
    const all = [...this.#members].sort(byTroubleThenName)
    this.#graph.show(this.#self, [...all].sort(byName))
    const wanted = this.#filter.toLowerCase()
    const shown = all.filter(
      (member) =>
        (!this.#onlyTrouble || member.state !== 'connected') &&
        (wanted === '' || `${member.name} ${member.reason}`.toLowerCase().includes(wanted)),
    )
    const next = new Map()
    for (const member of shown) {
      const known = this.#rows.get(member.name)
      next.set(
        member.name,
        known?.shown === member ? known : { row: fill(known?.row ?? rowOf(member.name), member), shown: member },
      )
    }
    this.#rows = next
    const table = byId('members')
    const wantedRows = [...next.values()].map(({ row }) => row)
    if (shown.length === 0) {
      const why = all.length === 0 ? 'Nobody else is known yet.' : 'No member fits the filter.'
      wantedRows.push(make('tbody', {}, make('tr', {}, make('td', { colspan: '6', class: 'empty' }, why))))
    }
    const bodies = table.querySelectorAll('tbody')
    if (wantedRows.length !== bodies.length || wantedRows.some((row, index) => bodies[index] !== row)) {
      for (const body of bodies) body.remove()
      table.append(...wantedRows)
    }
    byId('members-tools').classList.toggle('wanted', all.length > 8)
    table.classList.toggle('many-members', all.length > 28)
    byId('members-title').replaceChildren(
      'Members ',
      make('small', {}, shown.length === all.length ? `${all.length}` : `${shown.length} of ${all.length}`),
    )
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
    input.addEventListener('input', () => {
      this.#filter = input.value
      this.#draw()
    })
    const button = make('button', { type: 'button', 'aria-pressed': 'false' }, 'Only trouble')
    button.addEventListener('click', () => {
      this.#onlyTrouble = !this.#onlyTrouble
      button.setAttribute('aria-pressed', String(this.#onlyTrouble))
      this.#draw()
    })
    byId('members-tools').append(input, button)
  }
}

/**
 * @param {PageMember} a
 * @param {PageMember} b
 */
function byTroubleThenName(a, b) {
  return (RANK[a.state] ?? 0) - (RANK[b.state] ?? 0) || byName(a, b)
}

/**
 * @param {PageMember} a
 * @param {PageMember} b
 */
function byName(a, b) {
  return ORDER.compare(a.name, b.name)
}
