import { abortSignal, required } from '@dynsrv/kit'
import type { MembershipChange } from '../change.ts'
import { checks, membershipRule } from '../checks.ts'
import type { Membership } from '../membership.ts'
import { WATCH_RULES, type WatchOptions, withDefaults } from './watch-options.ts'
import { Watcher } from './watcher.ts'

/** Unread changes at which polling waits for the reader. */
const MAX_UNREAD = 1_000

const check = checks.options<WatchOptions & { readonly signal: AbortSignal }>('watch', {
  ...WATCH_RULES,
  signal: required(abortSignal),
})

/**
 * Keeps a membership connected to the nodes that discovery names, and yields every change.
 *
 * It works on its own from the first `next()` on. With 1000 changes unread it stops polling until the reader has caught
 * up. A failed discovery changes nobody's membership. Ending the iteration ends the loop
 * and its dials; links stay as they are.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`, at the first `next()`
 * @throws the signal's reason when it aborts
 */
export async function* watch(
  membership: Membership,
  options: WatchOptions & { readonly signal: AbortSignal },
): AsyncGenerator<MembershipChange, never> {
  checks.argument('watch', 'membership', membershipRule, membership)
  check(options)
  const { signal } = options
  signal.throwIfAborted()
  const unread: MembershipChange[] = []
  let more: (() => void) | undefined
  let caughtUp: (() => void) | undefined
  const watcher = new Watcher(membership, withDefaults(options), (change) => {
    unread.push(change)
    more?.()
  })
  const ended = new AbortController()
  const end = () => {
    ended.abort(signal.reason)
    more?.()
  }
  signal.addEventListener('abort', end, { once: true })
  ended.signal.addEventListener('abort', () => caughtUp?.(), { once: true })
  const room = () => {
    if (unread.length < MAX_UNREAD || ended.signal.aborted) return undefined
    return new Promise<void>((resolve) => {
      caughtUp = resolve
    })
  }
  const running = watcher.run(ended.signal, room)
  try {
    for (;;) {
      signal.throwIfAborted()
      const changes = unread.splice(0)
      caughtUp?.()
      for (const change of changes) {
        yield change
        signal.throwIfAborted()
      }
      if (unread.length > 0) continue
      await new Promise<void>((resolve) => {
        more = resolve
        if (signal.aborted) resolve()
      })
    }
  } finally {
    signal.removeEventListener('abort', end)
    ended.abort()
    await running
  }
}
