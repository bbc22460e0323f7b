import { advice } from '@dynsrv/cluster'
import type { Command } from '../command.ts'
import { ERLANG_GUEST, guestCommands, JAVASCRIPT_GUEST, keepCommand } from '../demo/command-lines.ts'
import { DemoCluster, POLLING_INTERVAL_MS } from '../demo/demo-cluster.ts'
import type { DemoEvent } from '../demo/demo-event.ts'
import { freePort } from '../demo/free-port.ts'
import { watchGuest } from '../demo/guests.ts'
import { playSteps, story } from '../demo/story.ts'
import { LiveView } from '../demo/views/live-view.ts'
import { newsroom } from '../demo/views/news.ts'
import { plainView } from '../demo/views/plain-view.ts'
import { type DemoView, jsonView } from '../demo/views/view.ts'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { output, writeLine, writeText } from '../terminal/output.ts'
import { wantsColours } from '../terminal/paint.ts'
import { isLive, screen } from '../terminal/screen.ts'
import { clock } from '../world.ts'

/** The options of `dynsrv demo`. */
export interface DemoOptions {
  readonly plain?: boolean
  readonly json?: boolean
  readonly keep?: boolean
}

/** How long each step of the story stays on the screen. Unit: milliseconds. */
const PACE_MS = 1_200
const ROWS_FOR_THE_LIVE_VIEW = 20

/**
 * Shows the whole story with real nodes.
 *
 * @returns the exit code
 */
export async function demo(options: DemoOptions): Promise<number> {
  using exit = exitSignal()
  const live = options.json !== true && isLive(options) && screen().rows >= ROWS_FOR_THE_LIVE_VIEW
  const news = newsroom()
  let view: DemoView = live ? new LiveView(screen(), wantsColours(screen()), news) : plainView(writeLine, news)
  if (options.json === true) view = jsonView(writeLine)
  // After an interruption nothing more is shown.
  const emit = (event: DemoEvent) => exit.signal.aborted || view.show(event)
  const interrupted = exit.received.then(() => 'interrupted' as const)
  let cluster: DemoCluster | undefined
  try {
    cluster = await DemoCluster.create(emit)
    const outcome = await Promise.race([play(cluster, emit, live ? PACE_MS : 0, exit.signal), interrupted])
    if (outcome === 'interrupted') {
      view.close()
      if (options.json !== true) writeText('Interrupted: stopping every node.\n')
      return EXIT_INTERRUPTED
    }
    view.close()
    if (outcome === 'failed') return EXIT_FAILED
    if (options.keep !== true) {
      if (options.json !== true)
        writeText(`\nTry it yourself: ${keepCommand()} stays up and shows how another node joins.\n`)
    } else {
      if (options.json !== true) view = plainView(writeLine, news)
      await keep(cluster, view, options, exit.signal)
    }
    return EXIT_OK
  } catch (error) {
    emit({ type: 'end', ok: false, text: `The demo failed: ${advice(error)}`, seconds: 0 })
    return EXIT_FAILED
  } finally {
    view.close()
    await cluster?.[Symbol.asyncDispose]()
  }
}

/** Starts the nodes and plays the story. */
async function play(
  cluster: DemoCluster,
  emit: (event: DemoEvent) => void,
  paceMs: number,
  signal: AbortSignal,
): Promise<'held' | 'failed'> {
  const { erlang, service, dns } = cluster
  const steps = story(cluster)
  const titles = steps.map(({ id, title }) => ({ id, title }))
  emit({ type: 'start', service, dns, pollingIntervalMs: POLLING_INTERVAL_MS, erlang: publicly(erlang), steps: titles })
  const beams = erlang.found ? ['erl-1', 'erl-2'].map((label) => cluster.startErlang(label, erlang.release)) : []
  await Promise.all([...['api-1', 'api-2', 'api-3'].map((label) => cluster.startMember(label)), ...beams])
  const start = clock.monotonic()
  const ok = await playSteps(steps, emit, { paceMs, signal })
  const seconds = Number(((clock.monotonic() - start) / 1_000).toFixed(1))
  const text = ok
    ? `All ${steps.length} steps held, in ${seconds} s.`
    : 'The story failed: the step above says what was missing.'
  emit({ type: 'end', ok, text, seconds })
  return ok ? 'held' : 'failed'
}

/** Stays up for guests until a signal comes. */
async function keep(cluster: DemoCluster, view: DemoView, options: DemoOptions, signal: AbortSignal): Promise<void> {
  const ports = { javascript: await freePort(), erlang: await freePort() }
  const guests = guestCommands(cluster, ports)
  if (options.json === true) for (const guest of guests) view.show(guest)
  else {
    const out = output(options)
    for (const { title, command, afterwards } of guests) {
      for (const spans of [[], [[title, 'title']], []] as const) out.line(spans)
      for (const line of command.split('\n')) out.line(['  ', [line, 'name']])
      if (afterwards !== undefined)
        for (const spans of [[], ['  then, in its shell:  ', [afterwards, 'name']]] as const) out.line(spans)
    }
    out.line([])
    out.line(['Each gets its SRV record as soon as its port answers. ', ['Ctrl-C', 'title'], ' ends the demo.'])
    out.line([])
  }
  const watched = [watchGuest(cluster, JAVASCRIPT_GUEST, ports.javascript, signal)]
  if (cluster.erlang.found) watched.push(watchGuest(cluster, ERLANG_GUEST, ports.erlang, signal))
  await Promise.all(watched)
}

function publicly(erlang: DemoCluster['erlang']): Extract<DemoEvent, { type: 'start' }>['erlang'] {
  return erlang.found ? { found: true, release: erlang.release } : erlang
}

export const command: Command = {
  summary: 'show a mixed cluster form, lose and gain members, and survive its DNS server',
  group: 'Help on this machine',
  place: 19,
  declare: (declared, { runs }) =>
    declared
      .description(
        'Starts a DNS server, JavaScript nodes, and Erlang nodes where erl is on the PATH, all on 127.0.0.1; shows how\nthey find each other, talk, leave and join, and that a dead DNS server disconnects nobody.',
      )
      .option('--plain', 'print plain lines, as when the output is not a terminal')
      .option('--json', 'print one JSON object a line')
      .option('--keep', 'stay up afterwards, and print how another node joins')
      .addHelpText('after', HELP)
      .action(runs(demo)),
}

const HELP = `
Examples:
  $ dynsrv demo
  $ dynsrv demo --keep      stays up, and prints how another node joins from another terminal

Exit codes: 0 every step of the story held, 1 a step failed, 2 bad arguments, 130 interrupted.
`
