import { type Rule, rule } from '@dynsrv/kit'
import { checks } from './checks.ts'

/** What runs beside a cluster and ends with it, such as a server: it has `close()`, a promise or not. */
export interface Attached {
  close(): Promise<void> | void
}

const attachedRule: Rule = rule(
  'an object with the method close',
  (value) => typeof (value as { close?: unknown } | null | undefined)?.close === 'function',
)

/** Starts what is to run beside a cluster, one after the other. When one fails, those before it end. */
export async function startAttached<C>(
  cluster: C,
  all: readonly ((cluster: C) => Attached | Promise<Attached>)[],
): Promise<Attached[]> {
  const started: Attached[] = []
  try {
    for (const [index, attach] of all.entries()) {
      const attached = await attach(cluster)
      checks.argument('start', `what attach[${index}] returns`, attachedRule, attached)
      started.push(attached)
    }
    return started
  } catch (error) {
    await closeAttached(started)
    throw error
  }
}

/** Ends them all, the last one first. @throws what one of them throws, when all are over */
export async function closeAttached(all: readonly Attached[]): Promise<void> {
  const failures: unknown[] = []
  for (const attached of [...all].reverse()) {
    try {
      await attached.close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
