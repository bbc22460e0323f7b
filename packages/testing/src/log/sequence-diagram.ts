import { type LogEntry, timeText } from './sim-log.ts'

/** More lines than that nobody reads in a picture. */
const MAX_LINES = 200

/** The log as a sequence diagram for Mermaid, which GitHub shows; of a long one the end. */
export function sequenceDiagram(entries: readonly LogEntry[]): string {
  const shown = entries.slice(-MAX_LINES)
  const hosts = new Set<string>()
  for (const { host, to } of shown) for (const each of [host, to]) if (each !== undefined) hosts.add(each)
  const lines = shown.map(({ atMs, host, text, to }) => {
    const what = `${timeText(atMs)} ${plain(text)}`
    return to === undefined ? `  Note over ${id(host)}: ${what}` : `  ${id(host)}->>${id(to)}: ${what}`
  })
  return ['sequenceDiagram', ...[...hosts].map((host) => `  participant ${id(host)} as ${plain(host)}`), ...lines].join(
    '\n',
  )
}

function id(host: string): string {
  return host.replace(/[^A-Za-z0-9]/g, '_')
}

/** What Mermaid would take for its own signs. */
function plain(text: string): string {
  return text.replace(/[#;]/g, ',').replace(/\s+/g, ' ')
}
