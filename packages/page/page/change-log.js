// The log of changes, newest first, and what of it is spoken.
import { breaking, byId, make } from './dom.js'
import { clock } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageChange} PageChange */

/** Lines that are kept. */
const MAX_LINES = 200
/** Changes are spoken at most this often, so that a flood of them does not drown everything else. */
const SPEAK_MS = 3_000

/** @type {PageChange[]} */
let unspoken = []
let spokenAt = 0

/**
 * Adds lines on top.
 *
 * @param {readonly PageChange[]} changes oldest first
 * @param {boolean} aloud whether the reader has not seen them yet
 */
export function addChanges(changes, aloud) {
  const list = byId('log')
  for (const { at, kind, about, text, hint } of changes) {
    const line = make(
      'li',
      { 'data-kind': kind },
      make('time', { datetime: new Date(at).toISOString() }, clock(at)),
      ' ',
    )
    line.append(
      make('b', {}, ...breaking(about)),
      ' ',
      make('span', {}, text),
      ...(hint === '' ? [] : [make('p', { class: 'hint' }, hint)]),
    )
    if (aloud) line.classList.add('new')
    list.prepend(line)
  }
  while (list.children.length > MAX_LINES) list.lastElementChild?.remove()
  if (aloud) unspoken.push(...changes)
}

/** Has a screen reader speak what is new, unless it spoke a moment ago. */
export function speak() {
  if (unspoken.length === 0 || Date.now() - spokenAt < SPEAK_MS) return
  spokenAt = Date.now()
  const lines = unspoken.slice(0, 3).map(({ about, text }) => `${about}: ${text}`)
  if (unspoken.length > 3) lines.push(`and ${unspoken.length - 3} more changes`)
  unspoken = []
  byId('spoken').replaceChildren(make('span', {}, `${lines.join('. ')}.`))
}
