// Keeps the page live: takes the state over server-sent events and draws it. Texts of peers become text nodes only.
import { Graph } from './graph.js'

/** @typedef {import('../src/page/page-state.ts').PageState} PageState */
/** @typedef {import('../src/page/page-state.ts').PagePatch} PagePatch */
/** @typedef {import('../src/page/page-state.ts').PageMember} PageMember */
/** @typedef {import('../src/page/page-state.ts').PageTopology} PageTopology */
/** @typedef {import('../src/page/page-state.ts').PageChange} PageChange */

/** The server tells something at least every 5 seconds. */
const SILENCE_MS = 15_000
const AGAIN_MS = 2_000
/** Lines of changes that are kept. */
const MAX_LINES = 200
/** Changes are spoken at most this often, so that a flood of them does not drown everything else. */
const SPEAK_MS = 3_000
/** @type {Readonly<Record<string, number>>} */
const RANK = { unreachable: 0, connecting: 1, waiting: 2, connected: 3, gone: 4 }
const ORDER = new Intl.Collator('en', { numeric: true })

/** @type {PageState | undefined} */
let state
/** @type {Map<string, PageMember>} */
let members = new Map()
/** @type {Map<string, { row: HTMLTableRowElement, shown: PageMember }>} */
let rows = new Map()
let filter = ''
let onlyTrouble = false
let heardAt = Date.now()
/** When the server was heard last, while it is silent. */
let lostAt = 0
/** @type {PageChange[]} */
let unspoken = []
/** @type {EventSource} */
let source

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page lacks #${id}`)
  return element
}

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

const graph = new Graph(byId('graph'), (name) => {
  const row = rows.get(name)?.row
  if (row === undefined) return
  for (const { row: other } of rows.values()) other.classList.toggle('picked', other === row)
  row.scrollIntoView({ block: 'nearest' })
})
byId('graph-card').hidden = false
document.documentElement.classList.add('script')
makeTools()
byId('log').replaceChildren()
listen()
setInterval(second, 1_000)

function listen() {
  source = new EventSource('/page/events')
  heardAt = Date.now()
  source.addEventListener('state', (event) => {
    heard()
    takeState(JSON.parse(event.data))
  })
  source.addEventListener('patch', (event) => {
    heard()
    takePatch(JSON.parse(event.data))
  })
  source.addEventListener('beat', heard)
  source.addEventListener('error', () => {
    lost()
    // After an answer that is no stream the browser gives up; we do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS)
  })
}

function heard() {
  heardAt = Date.now()
  if (lostAt === 0 && byId('live').dataset.live === 'live') return
  lostAt = 0
  byId('live').dataset.live = 'live'
  byId('live').replaceChildren('Live')
  byId('notice').hidden = true
}

function lost() {
  if (lostAt !== 0) return
  lostAt = heardAt
  byId('live').dataset.live = 'lost'
  byId('live').replaceChildren('Reconnecting…')
  const notice = byId('notice')
  notice.replaceChildren(
    `The server does not answer. You see what was known at ${clock(lostAt)}; the page tries again by itself.`,
  )
  notice.hidden = false
}

/** @param {PageState} next */
function takeState(next) {
  const restarted = state !== undefined && state.incarnation !== next.incarnation
  const last = restarted ? 0 : (state?.changes.at(-1)?.id ?? 0)
  const isFirst = state === undefined
  state = next
  members = new Map(next.members.map((member) => [member.name, member]))
  if (restarted) {
    const said = { id: 0, at: Date.now(), kind: /** @type {const} */ ('calm'), about: next.self.name, hint: '' }
    addChanges([{ ...said, text: 'the server was restarted: this is its new state' }], true)
  }
  addChanges(
    next.changes.filter(({ id }) => id > last),
    !isFirst,
  )
  drawAll()
}

/** @param {PagePatch} patch */
function takePatch(patch) {
  if (state === undefined) return
  for (const name of patch.removed ?? []) members.delete(name)
  for (const member of patch.members ?? []) members.set(member.name, member)
  state = {
    ...state,
    ...(patch.self !== undefined && { self: patch.self }),
    ...(patch.topologies !== undefined && { topologies: patch.topologies }),
    ...(patch.changes !== undefined && { changes: patch.changes }),
  }
  addChanges(patch.changes ?? [], true)
  if (patch.members !== undefined || patch.removed !== undefined) drawMembers()
  if (patch.topologies !== undefined) drawTopologies()
  if (patch.self !== undefined) drawSelf()
  drawTiles()
}

function drawAll() {
  drawSelf()
  drawMembers()
  drawTopologies()
  drawTiles()
}

function drawSelf() {
  if (state === undefined) return
  const { name, state: how } = state.self
  document.title = `${name} · dynsrv`
  byId('self').replaceChildren(name, ...(how === 'running' ? [] : [make('small', {}, ` ${how}`)]))
}

function drawTiles() {
  if (state === undefined) return
  const all = [...members.values()]
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
      failing.length > 0 ? 'nobody is disconnected by that' : dnsFact(state.topologies),
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

function drawMembers() {
  if (state === undefined) return
  const all = [...members.values()].sort(byTroubleThenName)
  graph.show(state.self.name, [...all].sort(byName))
  const wanted = filter.toLowerCase()
  const shown = all.filter(
    (member) =>
      (!onlyTrouble || member.state !== 'connected') &&
      (wanted === '' || `${member.name} ${member.reason}`.toLowerCase().includes(wanted)),
  )
  const next = new Map()
  for (const member of shown) {
    const known = rows.get(member.name)
    next.set(
      member.name,
      known?.shown === member ? known : { row: fill(known?.row ?? rowOf(member.name), member), shown: member },
    )
  }
  rows = next
  const body = byId('member-rows')
  const wantedRows = [...next.values()].map(({ row }) => row)
  if (wantedRows.length !== body.children.length || wantedRows.some((row, index) => body.children[index] !== row)) {
    body.replaceChildren(...wantedRows)
  }
  if (shown.length === 0) {
    const why = all.length === 0 ? 'Nobody else is known yet.' : 'No member fits the filter.'
    body.replaceChildren(make('tr', {}, make('td', { colspan: '6', class: 'empty' }, why)))
  }
  byId('members-tools').classList.toggle('wanted', all.length > 8)
  body.classList.toggle('many-members', all.length > 28)
  byId('members-title').replaceChildren(
    'Members ',
    make('small', {}, shown.length === all.length ? `${all.length}` : `${shown.length} of ${all.length}`),
  )
}

/** @param {string} name */
function rowOf(name) {
  const row = /** @type {HTMLTableRowElement} */ (make('tr', {}, make('th', { scope: 'row' })))
  row.dataset.name = name
  return row
}

/**
 * @param {HTMLTableRowElement} row
 * @param {PageMember} member
 */
function fill(row, member) {
  const { name, state: how, reason, hint, latencyMs, receivedPerSecond, sentPerSecond, since, hidden, address } = member
  const [alive = '', host = ''] = name.split('@')
  const facts = [
    address,
    ...(hidden ? ['hidden'] : []),
    ...(member.expected || how === 'gone' ? [] : ['not found through DNS']),
  ]
  row.dataset.state = how
  row.replaceChildren(
    make(
      'th',
      { scope: 'row' },
      make('b', {}, alive),
      make('span', { class: 'host' }, `@${host}`),
      make('p', { class: 'facts' }, facts.filter((fact) => fact !== '').join(' · ')),
    ),
    make(
      'td',
      {},
      make('span', { class: 'state', 'data-state': how }, how),
      ...(reason === '' ? [] : [make('p', { class: 'reason' }, reason)]),
      ...(hint === '' ? [] : [make('p', { class: 'hint' }, hint)]),
    ),
    make('td', { class: 'number', 'data-label': 'latency' }, latencyMs === null ? '–' : `${tidy(latencyMs)} ms`),
    make('td', { class: 'number', 'data-label': 'in /s' }, how === 'connected' ? tidy(receivedPerSecond) : '–'),
    make('td', { class: 'number', 'data-label': 'out /s' }, how === 'connected' ? tidy(sentPerSecond) : '–'),
    make('td', { class: 'number', 'data-label': 'since' }, since === null ? '–' : ago(since)),
  )
  return row
}

function drawTopologies() {
  if (state === undefined) return
  const place = byId('topologies')
  // A table that somebody scrolls or reads stays where it is.
  const tops = [...place.querySelectorAll('.scroll')].map((element) => element.scrollTop)
  const focused = [...place.querySelectorAll('.scroll')].indexOf(/** @type {Element} */ (document.activeElement))
  place.replaceChildren(...state.topologies.flatMap(topologyParts))
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
  const parts = [make('h3', {}, 'SRV ', make('code', {}, service)), facts]
  if (failure !== '') {
    const times = `${failures} ${failures === 1 ? 'poll' : 'polls'} failed; everybody stays connected. `
    parts.push(make('p', { class: 'failure' }, make('b', {}, times), failure))
  }
  if (hint !== '') parts.push(make('p', { class: 'hint' }, hint))
  for (const note of notes) parts.push(make('p', { class: 'hint' }, note))
  if (records.length === 0) return parts
  const lines = records.map(({ target, port, priority, weight, addresses, outcome, text }) =>
    make(
      'tr',
      {},
      make(
        'th',
        { scope: 'row' },
        target,
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
  parts.push(
    make(
      'div',
      { class: 'scroll', role: 'group', tabindex: '0', 'aria-label': `Records of ${service}` },
      make('table', {}, make('thead', {}, head), make('tbody', {}, ...lines)),
    ),
  )
  if (more > 0) parts.push(make('p', { class: 'facts' }, `and ${more} more records`))
  return parts
}

/**
 * @param {readonly PageChange[]} changes oldest first
 * @param {boolean} aloud
 */
function addChanges(changes, aloud) {
  const list = byId('log')
  for (const { at, kind, about, text, hint } of changes) {
    const line = make(
      'li',
      { 'data-kind': kind },
      make('time', { datetime: new Date(at).toISOString() }, clock(at)),
      ' ',
    )
    line.append(
      make('b', {}, about),
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

let spokenAt = 0

function speak() {
  if (unspoken.length === 0 || Date.now() - spokenAt < SPEAK_MS) return
  spokenAt = Date.now()
  const lines = unspoken.slice(0, 3).map(({ about, text }) => `${about}: ${text}`)
  if (unspoken.length > 3) lines.push(`and ${unspoken.length - 3} more changes`)
  unspoken = []
  byId('spoken').replaceChildren(make('span', {}, `${lines.join('. ')}.`))
}

function second() {
  speak()
  if (Date.now() - heardAt > SILENCE_MS && source.readyState !== EventSource.CLOSED) {
    lost()
    source.close()
    listen()
  }
  for (const element of document.querySelectorAll('[data-at]')) {
    const text = ago(Number(element.getAttribute('data-at')))
    if (element.textContent !== text) element.textContent = text
  }
  for (const { row, shown } of rows.values()) {
    const cell = row.lastElementChild
    const text = shown.since === null ? '–' : ago(shown.since)
    if (cell !== null && cell.textContent !== text) cell.textContent = text
  }
}

function makeTools() {
  const input = /** @type {HTMLInputElement} */ (
    make('input', {
      type: 'search',
      placeholder: 'Filter',
      'aria-label': 'Filter members by name or reason',
      autocomplete: 'off',
    })
  )
  input.addEventListener('input', () => {
    filter = input.value
    drawMembers()
  })
  const button = make('button', { type: 'button', 'aria-pressed': 'false' }, 'Only trouble')
  button.addEventListener('click', () => {
    onlyTrouble = !onlyTrouble
    button.setAttribute('aria-pressed', String(onlyTrouble))
    drawMembers()
  })
  byId('members-tools').append(input, button)
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

/** @param {number} number */
function tidy(number) {
  if (number === 0 || number >= 100) return Math.round(number).toLocaleString('en')
  return number >= 10 ? number.toFixed(0) : number.toFixed(1)
}

/** @param {number} count */
function bytes(count) {
  if (count < 1_000) return `${Math.round(count)} B`
  return count < 1_000_000 ? `${tidy(count / 1_000)} kB` : `${tidy(count / 1_000_000)} MB`
}

/** @param {number} at */
function ago(at) {
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

/** @param {number} at */
function clock(at) {
  return new Date(at).toTimeString().slice(0, 8)
}
