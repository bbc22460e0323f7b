import { atom } from '@dynsrv/etf'
import type { SignalRouter, SpawnSignals } from '../signal-router.ts'

/** Runs nothing for anybody. A spawn must still be answered, or the caller waits for ever. */
export function refuseSpawns(router: () => SignalRouter): SpawnSignals {
  return {
    request(peer, { ref, from }) {
      router().transmit(peer, { op: 'SPAWN_REPLY', ref, to: from, flags: 0, result: atom('notsup') })
    },
    reply() {
      // Nothing was asked for, so nobody waits for it.
    },
  }
}
