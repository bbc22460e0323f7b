import { breaking, byId, make } from './dom.js'
import { ago, tidy } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageTopology} PageTopology */

/** Records beyond these are counted only: no reader looks through them, and a browser takes long to lay them out. */
const MAX_ROWS = 200

/** The tables of records as they were drawn last, by service. @type {Map<string, { shown: string, table: HTMLElement }>} */
const tables = new Map()

/**
 * Draws the last DNS answers, and what was done with each record.
 *
 * @param {readonly PageTopology[]} topologies
 */
export function drawTopologies(topologies) {
  const place = byId('topologies')
  // A table that the reader scrolls stays where it is.
  const tops = [...place.querySelectorAll('.scroll')].map((element) => element.scrollTop)
  const focused = [...place.querySelectorAll('.scroll')].indexOf(/** @type {Element} */ (document.activeElement))
  place.replaceChildren(...topologies.flatMap(topologyParts))
  place.querySelectorAll('.scroll').forEach((element, index) => {
    element.scrollTop = tops[index] ?? 0
    if (index === focused && element instanceof HTMLElement) element.focus({ preventScroll: true })
  })
}

/**
 * @param {PageTopology} topology
 * @returns {Node[]}
 */
function topologyParts({ service, server, answeredAt, elapsedMs, failures, failure, hint, notes, records, more }) {
  const facts = make('p', { class: 'facts' })
  if (answeredAt === null) facts.append('No answer yet')
  else
    facts.append(
      'Answered ',
      make('span', { 'data-at': String(answeredAt) }, ago(answeredAt)),
      ` ago by ${server} in ${tidy(elapsedMs ?? 0)} ms`,
    )
  const parts = [make('h3', {}, 'SRV ', make('code', {}, ...breaking(service))), facts]
  if (failure !== '') {
    const times = `${failures} ${failures === 1 ? 'poll' : 'polls'} failed; everybody stays connected. `
    parts.push(make('p', { class: 'failure' }, make('b', {}, times), failure))
  }
  if (hint !== '') parts.push(make('p', { class: 'hint' }, hint))
  for (const note of notes) parts.push(make('p', { class: 'hint' }, note))
  if (records.length === 0) return parts
  // Most answers are like the one before.
  const shown = JSON.stringify(records)
  const known = tables.get(service)
  const drawn = known?.shown === shown ? known.table : recordTable(service, records.slice(0, MAX_ROWS))
  tables.set(service, { shown, table: drawn })
  parts.push(drawn)
  const left = more + Math.max(0, records.length - MAX_ROWS)
  if (left > 0) parts.push(make('p', { class: 'facts' }, `and ${left} more records`))
  return parts
}

/**
 * @param {string} service
 * @param {PageTopology['records']} records
 */
function recordTable(service, records) {
  const lines = records.map(({ target, port, priority, weight, addresses, outcome, text }) =>
    make(
      'tr',
      {},
      make(
        'th',
        { scope: 'row' },
        ...breaking(target),
        make('span', { class: 'host' }, `:${port}`),
        make('p', { class: 'facts' }, `priority ${priority} · weight ${weight}`),
      ),
      make('td', {}, addresses.length === 0 ? 'looked up apart' : addresses.join(', ')),
      make(
        'td',
        {},
        make('span', { class: 'state', 'data-state': outcome }, outcome === 'self' ? 'this node' : outcome),
        ...(text.includes(': ') ? [make('p', { class: 'reason' }, text.replace(/^[^:]*: /, ''))] : []),
      ),
    ),
  )
  const head = make(
    'tr',
    {},
    ...['Record', 'Address', 'What was done'].map((title) => make('th', { scope: 'col' }, title)),
  )
  return make(
    'div',
    { class: 'scroll', role: 'group', tabindex: '0', 'aria-label': `Records of ${service}` },
    make('table', {}, make('thead', {}, head), make('tbody', {}, ...lines)),
  )
}
