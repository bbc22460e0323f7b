// Keeps the page live: takes the state over server-sent events and draws it. Texts of peers become text nodes only.
import { drawCauses } from './causes.js'
import { addChanges, speak } from './change-log.js'
import { breaking, byId, make } from './dom.js'
import { MemberPanel } from './member-panel.js'
import { MemberTable } from './member-table.js'
import { Tiles } from './tiles.js'
import { drawTopologies } from './topologies.js'
import { ago, clock } from './units.js'
import { onChoice } from './view.js'

/** @typedef {import('../src/live/page-state.ts').PageState} PageState */
/** @typedef {import('../src/live/page-state.ts').PagePatch} PagePatch */
/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */

/** The server sends something at least every 5 seconds. */
const SILENCE_MS = 15_000
const AGAIN_MS = 2_000
/** With more members than this they are drawn at most so often, so that the reader's own clicks are answered at once. */
const MANY = 300
const MANY_DRAWN_MS = 2_000

/** @type {PageState | undefined} */
let state
/** @type {Map<string, PageMember>} */
let members = new Map()
let heardAt = Date.now()
/** When the server was heard last, while it is silent. */
let lostAt = 0
let drawnAt = 0
let waits = false
/** @type {EventSource} */
let source

const table = new MemberTable()
const tiles = new Tiles()
const panel = new MemberPanel((name) => members.get(name))
onChoice(() => drawCauses([...members.values()]))
document.documentElement.classList.add('script')
byId('log').replaceChildren()
listen()
setInterval(second, 1_000)

function listen() {
  source = new EventSource('/page/events')
  heardAt = Date.now()
  source.addEventListener('state', (event) => {
    heard()
    takeState(JSON.parse(event.data))
    // After a pause the charts lack what happened meanwhile.
    void loadHistory()
  })
  source.addEventListener('patch', (event) => {
    heard()
    takePatch(JSON.parse(event.data))
  })
  source.addEventListener('sample', (event) => {
    heard()
    tiles.add(JSON.parse(event.data))
    panel.refresh()
  })
  source.addEventListener('beat', heard)
  source.addEventListener('error', () => {
    lost()
    // After an answer that is no stream the browser gives up; we do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS)
  })
}

async function loadHistory() {
  try {
    const answer = await fetch('/page/history')
    if (!answer.ok) return
    const { samples, everyMs } = await answer.json()
    tiles.begin(samples, everyMs)
    panel.everyMs = everyMs
    panel.refresh()
  } catch {
    // The stream ends too, then, and with its next state this is asked again.
  }
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
  if (patch.members !== undefined || patch.removed !== undefined) drawMembers(state.self.name)
  if (patch.topologies !== undefined) drawTopologies(state.topologies)
  if (patch.self !== undefined) drawSelf()
  tiles.show(state, [...members.values()])
}

function drawAll() {
  if (state === undefined) return
  drawSelf()
  drawMembers(state.self.name)
  drawTopologies(state.topologies)
  tiles.show(state, [...members.values()])
}

/** @param {string} self */
function drawMembers(self) {
  const wait = members.size > MANY ? drawnAt + MANY_DRAWN_MS - Date.now() : 0
  if (wait > 0) {
    if (!waits) setTimeout(() => drawMembers(state?.self.name ?? self), wait)
    waits = true
    return
  }
  waits = false
  drawnAt = Date.now()
  const all = [...members.values()]
  table.show(self, all)
  drawCauses(all)
  panel.draw()
}

function drawSelf() {
  if (state === undefined) return
  const { name, state: how } = state.self
  document.title = `${name} · dynsrv`
  byId('self').replaceChildren(...breaking(name), ...(how === 'running' ? [] : [make('small', {}, ` ${how}`)]))
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
  table.tick()
}
