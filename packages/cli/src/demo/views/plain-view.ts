import { type Paint, painter } from '../../terminal/paint.ts'
import type { StepId } from '../demo-event.ts'
import type { Newsroom } from './news.ts'
import type { DemoView } from './view.ts'

/** As wide as the longest guest's label. */
const WHO_WIDTH = 9

const PLAIN: Paint = painter(false)

/** For logs and pipes: one line for each thing that happens, no colours, nothing redrawn. */
export function plainView(writeLine: (line: string) => void, news: Newsroom): DemoView {
  const write = (text: string) => writeLine(PLAIN([text]))
  const start = performance.now()
  let steps: readonly StepId[] = []
  const line = (who: string, sign: string, text: string) =>
    write(`${((performance.now() - start) / 1_000).toFixed(2).padStart(6)} s  ${who.padEnd(WHO_WIDTH)} ${sign} ${text}`)
  return {
    show(event) {
      if (event.type === 'start') {
        steps = event.steps
        write(`service ${event.service}, DNS ${event.dns}, every member polls each ${event.pollingIntervalMs} ms`)
        write(
          event.erlang.found
            ? `Erlang/OTP ${event.erlang.release} found: two real Erlang nodes take part`
            : `no Erlang nodes: ${event.erlang.why}; install Erlang to see them join`,
        )
      } else if (event.type === 'step') {
        const index = steps.findIndex(({ id }) => id === event.step)
        const title = `${index + 1}/${steps.length} ${steps[index]?.title ?? event.step}`
        if (event.state === 'running') line('story', ' ', title)
        else line('story', ' ', `${title}: ${event.state === 'ok' ? 'ok' : 'FAILED'}, ${event.text}`)
      } else if (event.type === 'end') {
        write(event.text)
      } else {
        const entry = news(event)
        if (entry !== undefined) line(entry.who, entry.sign, PLAIN(entry.text))
      }
    },
    close: () => undefined,
  }
}
