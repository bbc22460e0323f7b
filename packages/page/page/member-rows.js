import { breaking, make } from './dom.js'
import { ago, tidy } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */

/**
 * The rows of one member: its figures, and below them the details.
 *
 * @param {string} name
 */
export function rowOf(name) {
  const row = make('tbody')
  row.dataset.name = name
  return row
}

/**
 * @param {HTMLElement} row
 * @param {PageMember} member
 */
export function fill(row, member) {
  const { name, state: how, reason, hint, latencyMs, receivedPerSecond, sentPerSecond, since, hidden, address } = member
  const [alive = '', ...host] = breaking(name)
  const facts = [
    address,
    ...(hidden ? ['hidden'] : []),
    ...(member.expected || how === 'gone' ? [] : ['not found through DNS']),
  ].filter((fact) => fact !== '')
  const number = (/** @type {string} */ label, /** @type {string} */ text) =>
    make('td', { class: 'number', 'data-label': label }, text)
  row.dataset.state = how
  row.replaceChildren(
    make(
      'tr',
      {},
      make(
        'th',
        { scope: 'row' },
        make(
          'button',
          { type: 'button', class: 'open', title: 'Show all that is known of it' },
          make('b', {}, alive),
          make('span', { class: 'host' }, ...host),
        ),
        ...(facts.length === 0 ? [] : [make('p', { class: 'facts' }, facts.join(' · '))]),
      ),
      make('td', {}, make('span', { class: 'state', 'data-state': how }, how)),
      number('latency', latencyMs === null ? '–' : `${tidy(latencyMs)} ms`),
      number('in /s', how === 'connected' ? tidy(receivedPerSecond) : '–'),
      number('out /s', how === 'connected' ? tidy(sentPerSecond) : '–'),
      make('td', { class: 'number since', 'data-label': 'since' }, since === null ? '–' : ago(since)),
    ),
    ...(reason === '' ? [] : [whyRow(reason, hint)]),
  )
  return row
}

/**
 * @param {string} reason
 * @param {string} hint
 */
function whyRow(reason, hint) {
  const cell = make('td', { colspan: '6' }, make('p', { class: 'reason' }, reason))
  if (hint !== '') cell.append(make('p', { class: 'hint' }, hint))
  return make('tr', { class: 'why' }, cell)
}
