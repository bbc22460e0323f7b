import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { DemoCluster } from './demo-cluster.ts'

const HEALTH_CHECK_MS = 500

/**
 * Gives a guest its records while its port answers and takes them away when it does not, as the health checks of an
 * orchestrator do. Ends when the signal aborts.
 */
export async function watchGuest(
  cluster: DemoCluster,
  label: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  let healthy = false
  while (!signal.aborted) {
    const answers = await listens(port)
    if (answers !== healthy) {
      healthy = answers
      if (healthy) cluster.register(label, port)
      else cluster.deregister(label)
    }
    await pause(HEALTH_CHECK_MS, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // Refused: nothing listens there yet, which is an answer.
    return false
  } finally {
    socket.destroy()
  }
}
