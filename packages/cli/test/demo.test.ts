import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { Dynsrv, runDynsrv } from './run-dynsrv.ts'

const STEPS = ['mesh', 'toErlang', 'toJavaScript', 'removed', 'added', 'dnsDown', 'dnsBack']

interface Line {
  readonly type: string
  readonly [field: string]: unknown
}

function parse(stdout: string): Line[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

/** Node labels and whether they are linked, as the nodes told it last. */
function linksOf(lines: readonly Line[]): Map<string, readonly string[]> {
  const links = new Map<string, readonly string[]>()
  for (const { type, node } of lines) {
    if (type !== 'node') continue
    const { label, state, links: peers } = node as { label: string; state: string; links: string[] }
    if (state === 'left') links.delete(label)
    else links.set(label, [...peers].sort())
  }
  return links
}

function expectTheStory(lines: readonly Line[]): void {
  const finished = lines.filter(({ type, state }) => type === 'step' && state !== 'running')
  expect(finished.map(({ step, state }) => [step, state])).toStrictEqual(STEPS.map((step) => [step, 'ok']))
  expect(lines.at(-1)).toMatchObject({ type: 'end', ok: true })

  // While DNS was down nobody left, though every member's polls failed.
  const down = lines.findIndex(({ type, up }) => type === 'dns' && up === false)
  const back = lines.findIndex(({ type, up }) => type === 'dns' && up === true)
  const meanwhile = lines.slice(down, back)
  expect(meanwhile.filter(({ type, up }) => type === 'link' && up === false)).toStrictEqual([])
  for (const member of ['api-1', 'api-3', 'api-4']) {
    expect(meanwhile.filter(({ type, from }) => type === 'poll' && from === member).length).toBeGreaterThanOrEqual(4)
  }
}

/** A command line typed into a shell; its whole process group is ended with its scope. */
class Shell implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  /** Rejects, with what was printed, when the command ends before its time. */
  readonly tooEarly: Promise<never>
  #ending = false

  constructor(command: string) {
    const env = { ...process.env, NO_COLOR: '1' }
    this.#child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env })
    this.#exited = once(this.#child, 'exit')
    let output = ''
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    this.tooEarly = new Promise((_, reject) =>
      this.#child.once('close', (code, signal) => {
        if (!this.#ending) reject(new Error(`${command}\nended with ${signal ?? `code ${code}`}:\n${output}`))
      }),
    )
  }

  async end(): Promise<void> {
    this.#ending = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    process.kill(-this.#child.pid!, 'SIGTERM')
    await this.#exited
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end()
  }
}

// Slow, some 10 s each: the story is played with processes of its own, two of them Erlang, through an outage of DNS that lasts
// several polls of every member.
describe('dynsrv demo', () => {
  it('tells the whole story with real Erlang nodes and ends by itself', async () => {
    const { code, stdout, stderr } = await runDynsrv(['demo', '--json'])
    expect(stderr).toBe('')
    const lines = parse(stdout)
    expect(lines.find(({ type }) => type === 'start')).toMatchObject({ erlang: { found: true } })
    expectTheStory(lines)
    const links = linksOf(lines)
    const labels = ['api-1', 'api-3', 'api-4', 'erl-1', 'erl-2']
    expect([...links.keys()].sort()).toStrictEqual(labels)
    for (const [label, peers] of links) expect(peers).toStrictEqual(labels.filter((each) => each !== label))
    expect(code).toBe(0)
  })

  it('tells it without Erlang where erl is not on the PATH, and says so', async () => {
    const folder = temporaryFolder('path')
    symlinkSync(process.execPath, join(folder, 'node'))
    const { code, stdout, stderr } = await runDynsrv(['demo', '--json'], { path: folder })
    expect(stderr).toBe('')
    const lines = parse(stdout)
    expect(lines.find(({ type }) => type === 'start')).toMatchObject({
      erlang: { found: false, why: 'erl is not on the PATH' },
    })
    expectTheStory(lines)
    expect(code).toBe(0)
  })

  it('prints plain lines when the output is no terminal', async () => {
    const { code, stdout } = await runDynsrv(['demo'])
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toMatch(/7\/7 DNS server back: ok/)
    expect(stdout).toMatch(/^All 7 steps held, in [\d.]+ s\.$/m)
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^Try it yourself: .* demo --keep stays up/)
    expect(code).toBe(0)
  })

  it('stays up with --keep, and the command lines that it prints bring one more node each', async () => {
    await using demo = new Dynsrv(['demo', '--json', '--keep'])
    const command = async (title: RegExp) => {
      const line = await demo.line((text) => (JSON.parse(text) as Line).type === 'keep' && title.test(text))
      return String((JSON.parse(line) as Line).command)
    }
    const linked = (from: string, to: string) =>
      demo.line((text) => {
        const line = JSON.parse(text) as Line
        return line.type === 'link' && line.up === true && line.from === from && line.to === to
      })
    await using javascript = new Shell(await command(/JavaScript/))
    await using erlang = new Shell(`${await command(/Erlang/)} -noinput`)
    const members = ['api-1', 'api-3', 'api-4']
    const links = members.flatMap((member) => [linked(member, 'guest-js'), linked(member, 'guest-erl')])
    await Promise.race([Promise.all([...links, linked('erl-1', 'guest-js')]), javascript.tooEarly, erlang.tooEarly])
    await Promise.all([javascript.end(), erlang.end()])
    demo.signal('SIGINT')
    expect((await demo.ended).code).toBe(0)
  })

  it('ends with code 130 and leaves no process when it is interrupted', async () => {
    await using demo = new Dynsrv(['demo', '--json'])
    await demo.line((text) => (JSON.parse(text) as Line).type === 'start')
    demo.signal('SIGINT')
    expect((await demo.ended).code).toBe(130)
  })
})
