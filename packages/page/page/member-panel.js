// All that is known of one member, beside the page. It asks the server again with each new point of the charts.
import { Chart } from './chart.js'
import { breaking, byId, make } from './dom.js'
import { ago, bytes, clock, tidy } from './units.js'
import { choose, onChoice, view } from './view.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */
/** @typedef {import('../src/live/page-state.ts').PageMemberDetail} PageMemberDetail */

export class MemberPanel {
  #panel = byId('member')
  #title = make('h2', { id: 'member-title', tabindex: '-1' })
  #state = make('p')
  #why = make('div')
  #facts = make('dl')
  #events = make('ol', { class: 'events' })
  #flags = make('details', {}, make('summary', {}, 'Distribution flags'))
  #charts = make('div', { class: 'charts' })
  #latency
  #rates
  #everyMs = 5_000
  /** @type {(name: string) => PageMember | undefined} */
  #find
  /** @type {PageMemberDetail | undefined} */
  #detail
  #shown = ''
  /** @type {Element | null} */
  #cameFrom = null

  /** @param {(name: string) => PageMember | undefined} find gives what the page knows of a member */
  constructor(find) {
    this.#find = find
    const close = make(
      'button',
      { type: 'button', class: 'close', 'aria-label': 'Close the panel of this member' },
      '✕',
    )
    close.addEventListener('click', () => choose({ member: '' }))
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') choose({ member: '' })
    })
    const [latency, rates] = [make('div', { class: 'chart-place' }), make('div', { class: 'chart-place' })]
    this.#charts.append(make('h3', {}, 'Latency'), latency, make('h3', {}, 'Messages'), rates)
    this.#latency = new Chart(latency, {
      ...{ name: 'Latency', figure: (/** @type {number} */ ms) => `${tidy(ms)} ms`, height: 64 },
      series: [{ key: 'ms', name: '', tone: 'accent' }],
    })
    this.#rates = new Chart(rates, {
      ...{ name: 'Messages', figure: (/** @type {number} */ rate) => `${tidy(rate)}/s`, height: 64 },
      series: [
        { key: 'in', name: 'in', tone: 'good' },
        { key: 'out', name: 'out', tone: 'accent' },
      ],
    })
    this.#panel.replaceChildren(
      make('div', { class: 'bar' }, this.#title, close),
      this.#state,
      this.#why,
      this.#facts,
      this.#charts,
      make('h3', {}, 'What happened to it'),
      this.#events,
      this.#flags,
    )
    onChoice(() => this.#open())
    this.#open()
  }

  /** @param {number} everyMs the time between two points of the charts */
  set everyMs(everyMs) {
    this.#everyMs = everyMs
  }

  /** Asks for what is new, when it is open. */
  refresh() {
    if (this.#shown !== '') void this.#load(this.#shown)
  }

  /** Draws what the page itself has learned of the member. */
  draw() {
    const name = this.#shown
    if (name === '') return
    const member = this.#find(name)
    this.#state.replaceChildren(
      make('span', { class: 'state', 'data-state': member?.state ?? 'gone' }, member?.state ?? 'not shown any more'),
      ...(member?.since === undefined || member.since === null
        ? []
        : [` since ${clock(member.since)}, `, make('span', { 'data-at': String(member.since) }, ago(member.since))]),
    )
    this.#why.replaceChildren(
      ...(member === undefined || member.reason === ''
        ? []
        : [make('p', { class: 'reason', 'data-state': member.state }, member.reason)]),
      ...(member === undefined || member.hint === '' ? [] : [make('p', { class: 'hint' }, member.hint)]),
    )
    const detail = this.#detail
    const connected = member?.state === 'connected'
    /** @type {readonly (readonly [string, string])[]} */
    const facts = [
      ['Runs', detail?.runs ?? ''],
      ['Visibility', connected ? (member.hidden ? 'hidden' : 'visible') : ''],
      ['Linked at', member?.address ?? ''],
      [
        'Dialled by',
        member?.direction === 'incoming' ? 'the member' : member?.direction === 'outgoing' ? 'this node' : '',
      ],
      ['DNS says', detail?.addresses.join(', ') ?? ''],
      ['Found through DNS', member === undefined ? '' : member.expected ? 'yes' : 'no'],
      ['Creation', detail?.creation === undefined || detail.creation === null ? '' : String(detail.creation)],
      ['Received', amount(detail?.receivedMessages, detail?.receivedBytes)],
      ['Sent', amount(detail?.sentMessages, detail?.sentBytes)],
      [
        'Not taken yet',
        detail?.queuedBytes === undefined || detail.queuedBytes === null ? '' : bytes(detail.queuedBytes),
      ],
    ]
    this.#facts.replaceChildren(
      ...facts.flatMap(([what, text]) => (text === '' ? [] : [make('dt', {}, what), make('dd', {}, text)])),
    )
  }

  #open() {
    const { member: name } = view()
    if (name === this.#shown) return
    if (this.#shown === '') this.#cameFrom = document.activeElement
    this.#shown = name
    this.#detail = undefined
    this.#panel.hidden = name === ''
    document.documentElement.classList.toggle('with-panel', name !== '')
    if (name === '') {
      if (this.#cameFrom instanceof HTMLElement && this.#cameFrom.isConnected)
        this.#cameFrom.focus({ preventScroll: true })
      return
    }
    this.#title.replaceChildren(...breaking(name))
    this.#events.replaceChildren()
    this.#charts.hidden = true
    this.#flags.hidden = true
    this.draw()
    this.#title.focus({ preventScroll: true })
    void this.#load(name)
  }

  /** @param {string} name */
  async #load(name) {
    try {
      const answer = await fetch(`/page/member?name=${encodeURIComponent(name)}`)
      if (!answer.ok || this.#shown !== name) return
      this.#detail = await answer.json()
    } catch {
      // The page says by itself that the server is silent, and this is asked again.
      return
    }
    if (this.#shown === name) this.#drawDetail()
  }

  #drawDetail() {
    const detail = this.#detail
    if (detail === undefined) return
    this.draw()
    const { samples, changes, announced } = detail
    this.#charts.hidden = samples.length === 0
    this.#latency.show(
      samples.map(({ at, latencyMs }) => ({ at, values: { ms: latencyMs } })),
      this.#everyMs,
    )
    this.#rates.show(
      samples.map(({ at, receivedPerSecond, sentPerSecond }) => ({
        ...{ at, values: { in: receivedPerSecond, out: sentPerSecond } },
      })),
      this.#everyMs,
    )
    this.#events.replaceChildren(
      ...(changes.length === 0
        ? [make('li', { class: 'empty' }, 'Nothing since the page was started.')]
        : changes
            .toReversed()
            .map(({ at, kind, text }) =>
              make('li', { 'data-kind': kind }, make('time', {}, clock(at)), ' ', make('span', {}, text)),
            )),
    )
    this.#flags.hidden = announced.length === 0
    this.#flags.replaceChildren(
      make('summary', {}, `Distribution flags that it announced (${announced.length})`),
      make('p', { class: 'flags' }, announced.join(' ')),
    )
  }
}

/**
 * @param {number | null | undefined} messages
 * @param {number | null | undefined} size
 */
function amount(messages, size) {
  if (messages === undefined || messages === null) return ''
  return `${messages.toLocaleString('en')} ${messages === 1 ? 'message' : 'messages'}, ${bytes(size ?? 0)}`
}
