import { describe, expect, it } from 'vitest'
import type { DemoEvent, NodeView } from '../src/demo/demo-event.ts'
import { LiveView } from '../src/demo/views/live-view.ts'
import { newsroom } from '../src/demo/views/news.ts'
import { plainView } from '../src/demo/views/plain-view.ts'
import { painter } from '../src/terminal/paint.ts'

const STEPS = [
  { id: 'mesh', title: 'mesh formed' },
  { id: 'dnsDown', title: 'DNS server killed, no node leaves' },
] as const

const START: DemoEvent = {
  type: 'start',
  service: 'demo.test',
  dns: '127.0.0.1:8600',
  pollingIntervalMs: 500,
  erlang: { found: false, why: 'erl is not on the PATH' },
  steps: STEPS,
}

function node(label: string, links: readonly string[], state: NodeView['state'] = 'up'): DemoEvent {
  return { type: 'node', node: { label, name: `${label}@demo.test`, runs: 'Node.js 20', port: 4370, state, links } }
}

function link(from: string, to: string, up: boolean, reason?: string): DemoEvent {
  return { type: 'link', from, to, up, ...(reason !== undefined && { reason }) }
}

const TALE: readonly DemoEvent[] = [
  START,
  node('api-1', []),
  node('api-2', []),
  { type: 'step', step: 'mesh', state: 'running' },
  link('api-1', 'api-2', true),
  link('api-2', 'api-1', true),
  node('api-1', ['api-2']),
  node('api-2', ['api-1']),
  { type: 'step', step: 'mesh', state: 'ok', text: '2 nodes, 1 link' },
  { type: 'dns', up: false },
]

describe('the news', () => {
  const texts = (events: readonly DemoEvent[]) => {
    const news = newsroom()
    return events
      .map(news)
      .flatMap((item) => (item === undefined ? [] : [painter(false)([item.who, item.sign, ...item.text])]))
  }
  it('tells a link once, when both ends know it', () => {
    const ends = [node('a', []), node('b', [])]
    expect(texts([...ends, link('a', 'b', true)]).at(-1)).not.toMatch(/linked/)
    expect(texts([...ends, link('a', 'b', true), link('b', 'a', true)]).at(-1)).toBe('a+linked with b')
  })
  it('tells a link to a guest at once, whose end nobody hears', () =>
    expect(texts([node('a', []), link('a', 'guest', true)]).at(-1)).toBe('guest+linked with a'))
  it('tells a lost link once, with the reason that came first', () => {
    const lost = [link('a', 'b', false, 'no record'), link('b', 'a', false, 'closed')]
    expect(texts(lost)).toStrictEqual(['a-not linked with b: no record'])
  })
  it('tells a problem again only when it changes', () => {
    const problem = (reason: string): DemoEvent => ({ type: 'problem', from: 'a', to: 'b', reason })
    expect(texts([problem('one'), problem('one'), problem('two')])).toHaveLength(2)
  })
})

describe('the plain view', () => {
  it('prints whole lines without a control character', () => {
    const lines: string[] = []
    const view = plainView((line) => lines.push(line), newsroom())
    for (const event of TALE) view.show(event)
    view.show({ type: 'end', ok: true, text: 'All 2 steps held, in 1 s.', seconds: 1 })
    expect(lines.join('\n')).not.toMatch(/\p{Cc}(?<!\n)/u)
    expect(lines).toContainEqual(expect.stringMatching(/no Erlang nodes: erl is not on the PATH/))
    expect(lines).toContainEqual(expect.stringMatching(/1\/2 mesh formed: ok, 2 nodes, 1 link$/))
    expect(lines.at(-1)).toBe('All 2 steps held, in 1 s.')
  })
})

/** Enough of a terminal: what was written, and the last picture without its control sequences. */
function terminal(columns: number, rows: number) {
  let written = ''
  const stream = {
    columns,
    rows,
    write: (text: string) => {
      written += text
      return true
    },
  } as unknown as NodeJS.WriteStream
  return {
    stream,
    written: () => written,
    picture: () =>
      (written.split('\u001b[?25l').at(-1) ?? '')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is taken out
        .replace(/\u001b\[[?\d;]*[A-Za-z]|\r/g, '')
        .trimEnd()
        .split('\n'),
  }
}

describe('the live view', () => {
  it('shows who is linked with whom, the story and the news, aligned', () => {
    const { stream, picture } = terminal(100, 30)
    const view = new LiveView(stream, true, newsroom())
    for (const event of TALE) view.show(event)
    view.close()
    const lines = picture()
    expect(lines[0]).toMatch(/^dynsrv demo {2}demo\.test {3}DNS 127\.0\.0\.1:8600 ● down {3}\d/)
    expect(lines[1]).toMatch(/^no Erlang nodes: erl is not on the PATH/)
    expect(lines[3]).toMatch(/^ {2}node {4}runs {8}port {4}api-1 {2}api-2 $/)
    expect(lines[4]).toMatch(/^● api-1 {3}Node\.js 20 {2}4370 {6}─ {6}● {3}$/)
    expect(lines[5]).toMatch(/^● api-2 {3}Node\.js 20 {2}4370 {6}● {6}─ {3}$/)
    expect(lines[7]).toMatch(/^✔ mesh formed {24}2 nodes, 1 link$/)
    expect(lines[8]).toMatch(/^○ DNS server killed, no node leaves/)
    expect(lines.at(-1)).toMatch(/dns {4}! the server is gone/)
  })

  it('shows a node that left without its column', () => {
    const { stream, picture } = terminal(100, 30)
    const view = new LiveView(stream, false, newsroom())
    for (const event of [...TALE, node('api-2', [], 'left')]) view.show(event)
    view.close()
    expect(picture()[3]).toMatch(/port {4}api-1 $/)
    expect(picture()[5]).toMatch(/^○ api-2 {3}Node\.js 20 {2}4370 {5}left$/)
  })

  it('never writes a line wider or a picture higher than the terminal', () => {
    const { stream, picture } = terminal(50, 9)
    const view = new LiveView(stream, false, newsroom())
    for (const event of TALE) view.show(event)
    view.close()
    expect(picture().length).toBeLessThan(9)
    for (const line of picture()) expect(line.length).toBeLessThan(50)
  })

  it('gives the cursor back', () => {
    const { stream, written } = terminal(80, 24)
    const view = new LiveView(stream, true, newsroom())
    view.show(START)
    view.close()
    const once = written()
    view.close()
    expect(written()).toBe(once)
    expect(written().endsWith('\u001b[?25h')).toBe(true)
  })
})

describe('painter', () => {
  it('cuts a line to its columns, with a sign that something is missing', () => {
    expect(painter(false)(['one ', ['two', 'good'], ' three'], 6)).toBe('one t…')
    expect(painter(false)(['one'], 3)).toBe('one')
  })
  it('writes colours only when it may', () => {
    expect(painter(true)([['x', 'good']])).toContain('\u001b[')
    expect(painter(false)([['x', 'good']])).toBe('x')
  })
})
