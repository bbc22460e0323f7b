// Why members are missing, each cause once: "46 refuse the connection, 5 the cookie", with what to do about it.
import { byId, make } from './dom.js'
import { choose, view } from './view.js'

/** @typedef {import('../src/live/page-state.ts').PageMember} PageMember */

/** What members do that are missing for this reason; any other code stands for itself. @type {Readonly<Record<string, readonly [one: string, many: string]>>} */
const WORDS = {
  NODE_REFUSED: ['refuses the connection', 'refuse the connection'],
  NODE_CONNECT_TIMEOUT: ['does not answer at its address', 'do not answer at their addresses'],
  NODE_UNREACHABLE: ['has an address that cannot be reached', 'have addresses that cannot be reached'],
  NODE_LOOKUP_FAILED: ['could not be looked up', 'could not be looked up'],
  NODE_CONNECTION_LOST: ['broke the link', 'broke the link'],
  NODE_CLOSED_BY_PEER: ['closed the link', 'closed the link'],
  NODE_TICK_TIMEOUT: ['fell silent', 'fell silent'],
  NODE_PEER_NEVER_CAME: ['said it would connect, and did not', 'said they would connect, and did not'],
  NODE_TLS: ['fails at TLS', 'fail at TLS'],
  DIST_COOKIE_MISMATCH: ['has another cookie', 'have another cookie'],
  DIST_COOKIE_REJECTED: ['rejects our cookie', 'reject our cookie'],
  DIST_FLAGS_MISSING: ['lacks what is required of a node', 'lack what is required of a node'],
  DIST_NAME_MISMATCH: ['introduces itself by another name', 'introduce themselves by other names'],
  DIST_NOT_ALLOWED: ['does not let us in', 'do not let us in'],
  DIST_NOT_DISTRIBUTION: ['is no Erlang node', 'are no Erlang nodes'],
  DIST_TIMEOUT: ['stops in the middle of the handshake', 'stop in the middle of the handshake'],
  DIST_CLOSED_BY_PEER: ['closes during the handshake', 'close during the handshake'],
}

let drawn = ''

/**
 * Draws the causes; a click on one shows its members.
 *
 * @param {readonly PageMember[]} members
 */
export function drawCauses(members) {
  /** @type {Map<string, PageMember[]>} */
  const groups = new Map()
  for (const member of members) {
    if (member.state !== 'unreachable') continue
    const cause = member.code === '' ? member.reason : member.code
    groups.set(cause, [...(groups.get(cause) ?? []), member])
  }
  const causes = [...groups].sort(([, a], [, b]) => b.length - a.length)
  const chosen = view().q
  const shown = JSON.stringify([chosen, causes.map(([cause, { length }]) => [cause, length])])
  if (shown === drawn) return
  drawn = shown
  byId('causes-card').hidden = causes.length === 0
  byId('causes').replaceChildren(
    ...causes.map(([cause, group]) => {
      const [one, many] = WORDS[cause] ?? [`missing: ${cause}`, `missing: ${cause}`]
      const pressed = chosen === cause
      const button = make(
        'button',
        { type: 'button', class: 'cause', 'aria-pressed': String(pressed) },
        make('b', {}, String(group.length)),
        ` ${group.length === 1 ? one : many}`,
      )
      button.addEventListener('click', () =>
        choose(pressed ? { q: '', state: '' } : { q: cause, state: 'unreachable' }),
      )
      const hint = commonest(group.map(({ hint }) => hint))
      return make('li', {}, button, ...(hint === '' ? [] : [make('p', { class: 'hint' }, hint)]))
    }),
  )
}

/** @param {readonly string[]} texts */
function commonest(texts) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? ''
}
