import { jsonText } from '../../terminal/output.ts'
import type { DemoEvent } from '../demo-event.ts'

/** Shows the demo to a person or a program. */
export interface DemoView {
  show(event: DemoEvent): void
  /** The last word: nothing is redrawn any more. */
  close(): void
}

/** For programs: each event as one JSON object a line. */
export function jsonView(write: (line: string) => void): DemoView {
  return {
    show: (event) => write(jsonText({ time: new Date().toISOString(), ...event })),
    close: () => undefined,
  }
}
