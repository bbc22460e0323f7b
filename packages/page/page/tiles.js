// The figures at the top of the page.
import { byId, make } from './dom.js'
import { bytes, tidy } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageState} PageState */
/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */
/** @typedef {import('../src/live/page-state.ts').PageTopology} PageTopology */

/**
 * Draws the figures at the top.
 *
 * @param {PageState} state
 * @param {readonly PageMember[]} all
 */
export function drawTiles(state, all) {
  const connected = all.filter((member) => member.state === 'connected')
  const missing = all.filter((member) => member.expected && member.state !== 'connected')
  const sum = (/** @type {(member: PageMember) => number} */ of) =>
    connected.reduce((total, member) => total + of(member), 0)
  const latencies = connected.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs])).sort((a, b) => a - b)
  const median = latencies[Math.floor(latencies.length / 2)]
  const failing = state.topologies.filter(({ failure }) => failure !== '')
  const answered = state.topologies.map(({ answeredAt }) => answeredAt ?? 0)
  byId('tiles').replaceChildren(
    tile(
      'Connected',
      String(connected.length),
      ` of ${connected.length + missing.length}`,
      missing.length > 0 ? 'trouble' : 'good',
      missing.length === 0 ? 'everybody is here' : `${missing.length} missing`,
    ),
    tile(
      'DNS',
      failing.length > 0 ? 'Failing' : answered.includes(0) ? 'Waiting' : 'Answers',
      '',
      failing.length > 0 ? 'trouble' : 'good',
      failing.length > 0 ? 'all members stay connected' : dnsFact(state.topologies),
    ),
    tile(
      'Latency',
      median === undefined ? '–' : tidy(median),
      median === undefined ? '' : ' ms',
      '',
      latencies.length < 2 ? 'ping' : `median; slowest ${tidy(latencies.at(-1) ?? 0)} ms`,
    ),
    tile(
      'Messages',
      tidy(sum((member) => member.receivedPerSecond)),
      ' in /s',
      '',
      `${tidy(sum((member) => member.sentPerSecond))} out /s · ${bytes(sum((member) => member.bytesPerSecond))}/s`,
    ),
  )
}

/** @param {readonly PageTopology[]} topologies */
function dnsFact(topologies) {
  const records = topologies.reduce((total, { records: found, more }) => total + found.length + more, 0)
  const elapsed = topologies.map(({ elapsedMs }) => elapsedMs ?? 0)
  return `${records} ${records === 1 ? 'record' : 'records'} in ${tidy(Math.max(0, ...elapsed))} ms`
}

/**
 * @param {string} label
 * @param {string} figure
 * @param {string} unit
 * @param {string} mood
 * @param {string} fact
 */
function tile(label, figure, unit, mood, fact) {
  return make(
    'div',
    { class: 'tile', 'data-mood': mood },
    make('p', { class: 'label' }, label),
    make('p', { class: 'figure' }, figure, make('small', {}, unit)),
    make('p', { class: 'fact' }, fact),
  )
}
