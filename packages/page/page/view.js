// What the reader has chosen to see. It stands in the address, so that a link or a reload shows the same.

/**
 * @typedef {object} View
 * @property {string} q text that is looked for in names and reasons
 * @property {string} state the state that is shown; empty for all, `trouble` for all but connected
 * @property {string} sort column, behind a `-` when it runs backwards; empty for trouble first
 * @property {string} member the member whose panel is open; empty for none
 * @property {string} names `all` when healthy members have their names in the picture too
 */

/** @type {View} */
const NOTHING = { q: '', state: '', sort: '', member: '', names: '' }
const KEYS = /** @type {readonly (keyof View)[]} */ (Object.keys(NOTHING))

/** @type {((view: View) => void)[]} */
const watchers = []
let current = read()

addEventListener('popstate', () => {
  current = read()
  for (const watcher of watchers) watcher(current)
})

/** What is chosen now. */
export function view() {
  return current
}

/**
 * Chooses something else. Opening a member can be undone with the browser's back button; the rest takes the place of what
 * was chosen before.
 *
 * @param {Partial<View>} changed
 */
export function choose(changed) {
  const next = { ...current, ...changed }
  if (KEYS.every((key) => next[key] === current[key])) return
  const opened = next.member !== '' && current.member === ''
  current = next
  const url = new URL(location.href)
  for (const key of KEYS) {
    // Removed and put behind, so that the same view has the same address whatever was chosen first.
    url.searchParams.delete(key)
    if (next[key] !== '') url.searchParams.set(key, next[key])
  }
  if (opened) history.pushState(null, '', url)
  else history.replaceState(null, '', url)
  for (const watcher of watchers) watcher(current)
}

/** @param {(view: View) => void} watcher called whenever something else is chosen */
export function onChoice(watcher) {
  watchers.push(watcher)
}

function read() {
  const asked = new URLSearchParams(location.search)
  return /** @type {View} */ (Object.fromEntries(KEYS.map((key) => [key, asked.get(key) ?? ''])))
}
