import { breaking, make } from './dom.js'
import { ago, tidy } from './units.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */

/**
 * The rows of one member: its figures, and below them why it is as it is.
 *
 * Only what is new is drawn: a button that is made anew loses the focus, and the click that is under way.
 */
export class MemberRow {
  /** The element in the table. */
  row = make('tbody')
  #facts = make('p', { class: 'facts' })
  #state = make('span', { class: 'state' })
  #latency = number('latency')
  #received = number('in /s')
  #sent = number('out /s')
  #since = number('since')
  #reason = make('p', { class: 'reason' })
  #hint = make('p', { class: 'hint' })
  #why = make('tr', { class: 'why' }, make('td', { colspan: '6' }, this.#reason, this.#hint))
  /** @type {PageMember | undefined} */
  #member

  /** @param {string} name */
  constructor(name) {
    this.row.dataset.name = name
    const [alive = '', ...host] = breaking(name)
    const open = make(
      'button',
      { type: 'button', class: 'open', title: 'Show all that is known of it' },
      make('b', {}, alive),
      make('span', { class: 'host' }, ...host),
    )
    this.row.append(
      make(
        'tr',
        {},
        make('th', { scope: 'row' }, open, this.#facts),
        make('td', {}, this.#state),
        ...[this.#latency, this.#received, this.#sent, this.#since],
      ),
    )
  }

  /** @param {PageMember} member */
  show(member) {
    if (member === this.#member) return
    this.#member = member
    const { state, reason, hint, latencyMs, receivedPerSecond, sentPerSecond, hidden, address, expected } = member
    const facts = [
      address,
      ...(hidden ? ['hidden'] : []),
      ...(expected || state === 'gone' ? [] : ['not found through DNS']),
    ].filter((fact) => fact !== '')
    this.row.dataset.state = state
    this.#state.dataset.state = state
    say(this.#state, state)
    say(this.#facts, facts.join(' · '))
    say(this.#latency, latencyMs === null ? '–' : `${tidy(latencyMs)} ms`)
    say(this.#received, state === 'connected' ? tidy(receivedPerSecond) : '–')
    say(this.#sent, state === 'connected' ? tidy(sentPerSecond) : '–')
    say(this.#reason, reason)
    say(this.#hint, hint)
    if (reason === '') this.#why.remove()
    else if (this.#why.parentNode === null) this.row.append(this.#why)
    this.tick()
  }

  /** Shows again how long it has been in its state. */
  tick() {
    const since = this.#member?.since ?? null
    say(this.#since, since === null ? '–' : ago(since))
  }
}

/** @param {string} label */
function number(label) {
  return make('td', { class: 'number', 'data-label': label })
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text
  element.hidden = text === ''
}
