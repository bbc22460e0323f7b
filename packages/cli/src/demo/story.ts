import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '@dynsrv/kit'
import { type DemoCluster, POLLING_INTERVAL_MS } from './demo-cluster.ts'
import type { DemoEvent, StepId } from './demo-event.ts'

const STEP_TIMEOUT_MS = 15_000
/** Polls that must fail in every member before the DNS server comes back. */
const FAILED_POLLS = 4

/** One step: what it is called and what must hold; it returns what was seen, and throws what was not. */
interface Step extends StepId {
  run(): Promise<string>
}

/** What dynsrv does, shown by real nodes: step by step, each checked. */
export function story(cluster: DemoCluster): readonly Step[] {
  const { erlang } = cluster
  const members = ['api-1', 'api-2', 'api-3']
  const beams = erlang.found ? ['erl-1', 'erl-2'] : []
  const other = beams[0] ?? 'api-3'
  const [here, there] = erlang.found ? ['JavaScript', 'Erlang'] : ['api-1', 'api-3']

  return [
    {
      id: 'mesh',
      title: 'records added, mesh formed',
      async run() {
        const start = performance.now()
        for (const label of [...members, ...beams]) cluster.register(label)
        // Erlang's own strategy (libcluster) would dial. Here the demo does it, and the companion finds the address.
        if (erlang.found) await cluster.connectErlang('erl-2', 'erl-1')
        await cluster.until(() => cluster.missingLinks(), STEP_TIMEOUT_MS)
        const nodes = members.length + beams.length
        return `${nodes} nodes, ${links(cluster)} in ${seconds(start)}, no epmd`
      },
    },
    {
      id: 'toErlang',
      title: `${here} calls ${there}`,
      run: () => echo(cluster, 'api-1', other),
    },
    {
      id: 'toJavaScript',
      title: `${there} calls ${here}`,
      run: () => echo(cluster, other, 'api-1'),
    },
    {
      id: 'removed',
      title: 'record removed, node leaves',
      async run() {
        // A node leaves with its record only when it has seen it, which one of its own polls must do first.
        await pause(2 * POLLING_INTERVAL_MS)
        const start = performance.now()
        cluster.deregister('api-2')
        await cluster.until(() => cluster.stillRuns('api-2') ?? cluster.stillLinked('api-2'), STEP_TIMEOUT_MS)
        const after = seconds(start)
        await cluster.until(() => cluster.missingLinks(), STEP_TIMEOUT_MS)
        return `api-2 left after ${after}, ${links(cluster)} up`
      },
    },
    {
      id: 'added',
      title: 'record added, node joins',
      async run() {
        await cluster.startMember('api-4')
        const start = performance.now()
        cluster.register('api-4')
        await cluster.until(() => cluster.missingLinks(), STEP_TIMEOUT_MS)
        return `every node lists api-4 after ${seconds(start)}`
      },
    },
    {
      id: 'dnsDown',
      title: 'DNS server killed, no node leaves',
      async run() {
        const before = cluster.lost.length
        await cluster.stopDns()
        await cluster.until(
          () => (cluster.failedPolls >= FAILED_POLLS ? undefined : 'the members did not notice that DNS is gone'),
          STEP_TIMEOUT_MS,
        )
        nobodyLeft(cluster, before)
        await echo(cluster, 'api-1', other)
        return `${cluster.failedPolls} polls failed, ${links(cluster)} up`
      },
    },
    {
      id: 'dnsBack',
      title: 'DNS server back',
      async run() {
        const before = cluster.lost.length
        const start = performance.now()
        await cluster.resumeDns()
        await cluster.until(
          () => (cluster.answeredPolls > 0 ? undefined : 'a member did not notice that DNS is back'),
          STEP_TIMEOUT_MS,
        )
        const after = seconds(start)
        nobodyLeft(cluster, before)
        return `polls work after ${after}, ${links(cluster)} up`
      },
    },
  ]
}

/**
 * Plays the story.
 *
 * @param paceMs how long each step stays before the next one, for people who watch
 * @returns whether every step held
 */
export async function playSteps(
  steps: readonly Step[],
  emit: (event: DemoEvent) => void,
  { paceMs, signal }: { readonly paceMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  for (const { id, run } of steps) {
    signal.throwIfAborted()
    emit({ type: 'step', step: id, state: 'running' })
    // So that a watcher sees the picture before it changes.
    await pause(paceMs / 2, undefined, { signal })
    try {
      emit({ type: 'step', step: id, state: 'ok', text: await run() })
    } catch (error) {
      emit({ type: 'step', step: id, state: 'failed', text: messageOf(error) })
      return false
    }
    await pause(paceMs, undefined, { signal })
  }
  return true
}

async function echo(cluster: DemoCluster, from: string, to: string): Promise<string> {
  const text = `hello-from-${from}`
  const answer = await cluster.node(from).echo(cluster.nameOf(to), text)
  if (answer.text !== text) throw new Error(`${to} answered ${JSON.stringify(answer.text)} to ${JSON.stringify(text)}`)
  return `${from} → ${to} → ${from} in ${(answer.microseconds / 1_000).toFixed(2)} ms`
}

function nobodyLeft(cluster: DemoCluster, before: number): void {
  const lost = cluster.lost.slice(before)
  if (lost.length > 0) throw new Error(lost.join(', '))
  const missing = cluster.missingLinks()
  if (missing !== undefined) throw new Error(missing)
}

function links({ linkCount }: DemoCluster): string {
  return `${linkCount} ${linkCount === 1 ? 'link' : 'links'}`
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1_000).toFixed(2)} s`
}
