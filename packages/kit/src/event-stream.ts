/** Events that a stream left out, since its reader was too slow; it comes when the reader has what came before them. */
export interface MissedEvents {
  readonly type: 'missed'
  /** How many. */
  readonly count: number
}

/** How many events wait for the reader of a stream. */
export const MAX_WAITING_EVENTS = 10_000
/** As many of those that strangers and peers can cause at will, so that these do not take the others' room. */
export const MAX_WAITING_REPORTS = 1_000

/** Events that are reports of what others did or what went wrong, and change nothing. */
const REPORTS: ReadonlySet<string> = new Set(['refused', 'warning'])

/**
 * All events from the first look on; ends, once what waits is read, when the signal aborts.
 *
 * A slow reader costs bounded memory: of more than {@link MAX_WAITING_EVENTS} that wait, and of more than
 * {@link MAX_WAITING_REPORTS} refusals and warnings among them, the newest are left out and counted.
 *
 * @param listen gets a listener, and gives what takes it back
 */
export async function* eventStream<Event extends { readonly type: string }>(
  listen: (listener: (event: Event) => void) => () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Event | MissedEvents, void> {
  let came: Event[] = []
  let waiting = 0
  let reports = 0
  let missed = 0
  let wake = (): void => undefined
  const stop = listen((event) => {
    const isReport = REPORTS.has(event.type)
    if (waiting >= MAX_WAITING_EVENTS || (isReport && reports >= MAX_WAITING_REPORTS)) missed++
    else {
      came.push(event)
      waiting++
      if (isReport) reports++
    }
    wake()
  })
  const onAbort = (): void => {
    stop()
    wake()
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted === true) stop()
  try {
    for (;;) {
      const events = came
      came = []
      for (const event of events) {
        waiting--
        if (REPORTS.has(event.type)) reports--
        yield event
      }
      if (came.length > 0) continue
      if (missed > 0) {
        const count = missed
        missed = 0
        yield { type: 'missed', count }
      } else if (signal?.aborted === true) return
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    stop()
    signal?.removeEventListener('abort', onAbort)
  }
}
