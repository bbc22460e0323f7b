// What a terminal showed over time, as one SVG: each row's text is there once for each span of time in which it was shown.
import { Screen } from './screen.mjs'

const [CHAR, LINE, MARGIN, BAR] = [8.4, 20, 16, 34]
/** How often the screen is looked at, and how long the end stays before it begins again. */
const [STEP_MS, REST_MS] = [200, 4_000]

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** @param chunks what the program printed: `{ atMs, text }` */
export function recordingSvg(chunks, { title, rows, columns }) {
  const screen = new Screen(rows)
  const endMs = chunks.at(-1).atMs
  /** By row: what it showed, from when to when. */
  const tracks = Array.from({ length: rows }, () => [])
  let next = 0
  const frames = Math.ceil(endMs / STEP_MS) + 1
  for (let frame = 0; frame < frames; frame += 1) {
    while (next < chunks.length && chunks[next].atMs <= frame * STEP_MS) screen.write(chunks[next++].text)
    for (const [row, track] of tracks.entries()) {
      const content = screen.row(row)
      if (track.at(-1)?.content === content) track.at(-1).to = frame + 1
      else track.push({ content, from: frame, to: frame + 1 })
    }
  }
  const used = tracks.findLastIndex((track) => track.some(({ content }) => content !== '')) + 1
  const totalMs = frames * STEP_MS + REST_MS
  const percent = (frame) => Number(((frame * STEP_MS * 100) / totalMs).toFixed(2))
  const rules = new Map()
  const texts = []
  for (const [row, track] of tracks.slice(0, used).entries()) {
    for (const { content, from, to } of track.filter((each) => each.content !== '')) {
      const last = to === frames
      const key = `${from}-${last ? 'end' : to}`
      if (!rules.has(key)) {
        const after = last ? '' : `${percent(to)}%{opacity:0}`
        const before = from === 0 ? '0%{opacity:1}' : `0%{opacity:0}${percent(from)}%{opacity:1}`
        rules.set(
          key,
          `@keyframes t${key}{${before}${after}100%{opacity:${last ? 1 : 0}}}.t${key}{animation-name:t${key}}`,
        )
      }
      const y = BAR + MARGIN + row * LINE + 14
      texts.push(`<text class="t${key}${last ? ' last' : ''}" x="${MARGIN}" y="${y}">${content}</text>`)
    }
  }
  const width = Math.ceil(columns * CHAR + 2 * MARGIN)
  const height = BAR + 2 * MARGIN + used * LINE
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>
svg{--back:#fff;--edge:#d5d9e8;--ink:#171a2b;--dim:#646a85;--green:#0a7348;--cyan:#0b6a86;--red:#b3202f;--yellow:#8a4b00;--magenta:#5a3fd0}
@media(prefers-color-scheme:dark){svg{--back:#10131f;--edge:#2a2f47;--ink:#eceef9;--dim:#8d94b3;--green:#5ee2a4;--cyan:#6cd5f5;--red:#ff8f9b;--yellow:#ffc46b;--magenta:#b8a7ff}}
text{font:14px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);white-space:pre;animation:${totalMs}ms step-end infinite}
.d{fill:var(--dim)}.b{font-weight:700}.g{fill:var(--green)}.c{fill:var(--cyan)}.r{fill:var(--red)}.y{fill:var(--yellow)}.m{fill:var(--magenta)}
@media(prefers-reduced-motion:reduce){svg text{animation:none;opacity:0}svg .last,svg .title{opacity:1}}
.title{animation:none;fill:var(--dim)}
${[...rules.values()].join('\n')}
</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="10" fill="var(--back)" stroke="var(--edge)"/>
<circle cx="20" cy="18" r="5" fill="var(--edge)"/><circle cx="37" cy="18" r="5" fill="var(--edge)"/><circle cx="54" cy="18" r="5" fill="var(--edge)"/>
<text class="title" x="76" y="23">${escapeXml(title)}</text>
${texts.join('\n')}
</svg>
`
}
