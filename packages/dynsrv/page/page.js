// Keeps the page live: takes the state over server-sent events and draws it. Texts of peers become text nodes only.
import { byId, make } from './dom.js'
import { Graph } from './graph.js'
import { fill, rowOf } from './member-rows.js'
import { drawTopologies } from './topologies.js'
import { ago, bytes, clock, tidy } from './units.js'

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
/** @type {Map<string, { row: HTMLElement, shown: PageMember }>} */
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
  if (patch.topologies !== undefined) drawTopologies(state.topologies)
  if (patch.self !== undefined) drawSelf()
  drawTiles()
}

function drawAll() {
  if (state === undefined) return
  drawSelf()
  drawMembers()
  drawTopologies(state.topologies)
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
    const cell = row.querySelector('.since')
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
