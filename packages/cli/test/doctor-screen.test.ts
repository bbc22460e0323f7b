import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { CHECKS, GROUPS } from '@dynsrv/doctor'
import { freePort } from '@dynsrv/tools/free-port'
import { oneNode, register, SERVICE } from '@dynsrv/tools/srv-cluster'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { painter } from '../src/terminal/paint.ts'
import { wrap, wrapSpans } from '../src/terminal/wrap.ts'
import { type DoctorCluster, startDoctorCluster } from './doctor-cluster.ts'
import { Dynsrv, runDynsrv } from './run-dynsrv.ts'

const BIN = fileURLToPath(new URL('../../dynsrv/bin/dynsrv.js', import.meta.url))

/** What is looked at without a Compose file. */
const LESSONS = CHECKS.filter(({ group }) => group !== 'compose')
const GROUPS_SHOWN = Object.keys(GROUPS).length - 1

/** Runs it on a terminal of 80 columns, as `script` makes one, and gives back all that was written to it. */
async function onTerminal(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const command = ['stty cols 80 rows 40;', process.execPath, BIN, ...args].join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TERM: 'xterm', LC_ALL: 'C.UTF-8', ...env },
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await once(child, 'close')
  return text
}

describe('the screen of dynsrv doctor', () => {
  let cluster: DoctorCluster
  beforeAll(async () => {
    cluster = await startDoctorCluster(['erl-1', 'erl-2'])
  })
  afterAll(() => cluster[Symbol.asyncDispose]())

  const args = () => ['doctor', '--service', SERVICE, '--dns', cluster.zone.address]

  it('is a live list on a terminal, cut to its width, and gives the cursor back', async () => {
    const env = { ...cluster.env, RELEASE_COOKIE: 'another-cookie-which-is-fine-1' }
    const text = await onTerminal(args(), env)
    expect(text).toContain(`\u001b[${GROUPS_SHOWN}A`)
    expect(text).toMatch(new RegExp(`⠋.* DNS +.*0 of ${LESSONS.filter(({ group }) => group === 'dns').length}`))
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'))
    const lines = stripVTControlCharacters(text).split(/\r?\n/)
    expect(lines).toContain('✗ erl-1@my-service.test refuses our cookie, and 1 more')
    expect(text).toContain('/docs/errors.md#DIST_COOKIE_REJECTED')
    // An address that is broken over lines leads nowhere; the terminal itself shows a longer one on two of its own.
    for (const line of lines.filter((one) => !/^ +https:\S+$/.test(one)))
      expect(line.replace(/^.*\r/, '').length, line).toBeLessThanOrEqual(80)
    expect(text).not.toContain('another-cookie')
  })

  it('is plain where it is no terminal, and in colours nowhere then', async () => {
    const { stdout } = await runDynsrv(args(), { env: cluster.env })
    expect(stdout).toBe(stripVTControlCharacters(stdout))
    expect(stdout.split('\n').filter((line) => /^ {2}[✓✗!–i] /.test(line))).toHaveLength(GROUPS_SHOWN)
  })

  it('shows of a dozen stopped nodes what fits on a screen, and all of it with --all', async () => {
    for (let at = 1; at <= 12; at++) register(cluster.zone, `gone-${at}`, await freePort())
    const short = await runDynsrv(args(), { env: cluster.env })
    const whole = await runDynsrv([...args(), '--all'], { env: cluster.env })
    for (let at = 1; at <= 12; at++) cluster.zone.remove({ type: 'SRV', target: `gone-${at}.${SERVICE}` })
    const evidence = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('  · '))
    expect(evidence(short.stdout)).toHaveLength(8)
    expect(evidence(short.stdout).at(-1)).toMatch(/^ {2}· and \d+ more: --all shows them$/)
    expect(evidence(whole.stdout)).toHaveLength(12)
  })

  it('shows every check with --all', async () => {
    const { stdout } = await runDynsrv([...args(), '--all'], { env: cluster.env })
    expect(stdout.match(/^ {6}[✓✗!–i] D\d\d {2}\S/gm)).toHaveLength(LESSONS.length)
    expect(stdout).toMatch(/– D19 {2}certificates fit {2}no TLS/)
  })

  it('tells with --watch what comes and what goes', async () => {
    await using watching = new Dynsrv([...args(), '--watch', '--interval', '200ms', '--timeout', '5s'], {
      env: cluster.env,
    })
    await watching.line((line) => line.startsWith('Nothing is wrong.'))
    await using odd = await oneNode(cluster.zone, 'odd', { cookie: 'Another-cookie-0123456789' })
    await watching.line((line) => line === `✗ odd@${SERVICE} refuses our cookie`)
    cluster.zone.remove({ type: 'SRV', port: odd.port })
    await watching.line((line) => / gone after \d+ s: odd@my-service\.test refuses our cookie$/.test(line))
    watching.signal('SIGINT')
    expect((await watching.ended).code).toBe(0)
  })

  it('D35: tells with --watch of a member that comes and goes', async () => {
    await using flapping = await oneNode(cluster.zone, 'flapping')
    const { port } = flapping
    await using watching = new Dynsrv([...args(), '--watch', '--json', '--interval', '200ms', '--timeout', '5s'], {
      env: cluster.env,
    })
    const rounds = () => watching.lines.filter((line) => line.startsWith('{"type":"summary"')).length
    /** The round that is under way ends, and a whole one after it. */
    const wholeRound = async () => {
      const wanted = rounds() + 2
      await watching.line(() => rounds() >= wanted)
    }
    const flaps = (line: string) => line.includes('DOCTOR_MEMBER_FLAPS')
    await wholeRound()
    cluster.zone.remove({ type: 'SRV', port })
    await wholeRound()
    expect(watching.lines.filter(flaps)).toEqual([])
    register(cluster.zone, 'flapping', port)
    expect(JSON.parse(await watching.line(flaps))).toMatchObject({
      check: 'D35',
      severity: 'warning',
      message: `flapping@${SERVICE} comes and goes`,
      evidence: [expect.stringMatching(/answered, had no record, answered$/)],
      since: expect.stringMatching(/^20\d\d-.*Z$/),
      nodes: [`flapping@${SERVICE}`],
    })
  })

  it('ends at once when it is interrupted', async () => {
    cluster.zone.setFault('silence')
    await using hanging = new Dynsrv([...args(), '--timeout', '1m'], { env: cluster.env })
    await hanging.line((line) => line.startsWith('dynsrv doctor'))
    hanging.signal('SIGINT')
    expect((await hanging.ended).code).toBe(130)
    cluster.zone.setFault()
  })

  it('says what can be done when there is nothing to look at, or an argument is wrong', async () => {
    for (const [given, says] of [
      [[], /nothing to look at.*--service.*--peer.*--compose/],
      [['--service', 'one@two'], /is a node name/],
      [['--peer', 'api-1'], /has no @/],
      [['--dns', 'nowhere', '--service', 'a.b'], /is not an IP address/],
      [['--timeout', 'soon', '--service', 'a.b'], /is not a time/],
      [['--cookie', 'x', '--service', 'a.b'], /command line can be read/],
      [['--cacert', '/nonexistent', '--service', 'a.b'], /--cacert cannot be read/],
      [['--servce', 'a.b'], /did you mean --service/],
    ] as const) {
      const { code, stdout, stderr } = await runDynsrv(['doctor', ...given])
      expect(stderr).toMatch(says)
      expect([code, stdout]).toEqual([2, ''])
    }
  })
})

describe('dynsrv doctor --compose', () => {
  const file = (host: string) =>
    `name: shop\nservices:\n  a:\n    hostname: ${host}\n    environment: {RELEASE_NODE: a@a.shop, RELEASE_DISTRIBUTION: name, RELEASE_COOKIE: $C, CLUSTER_STRATEGY: epmd}\n` +
    '  b:\n    hostname: b.shop\n    environment: {RELEASE_NODE: b@b.shop, RELEASE_DISTRIBUTION: name, RELEASE_COOKIE: $C}\n'
  const over = 'services: {a: {hostname: a.shop}}\n'

  it('takes several files, and standard input as one of them', async () => {
    const folder = temporaryFolder('compose')
    const [wrong, right] = [join(folder, 'wrong.yml'), join(folder, 'over.yml')]
    await Promise.all([writeFile(wrong, file('x')), writeFile(right, over)])
    const path = '/usr/bin:/bin'
    const alone = await runDynsrv(['doctor', '--compose', wrong], { path })
    expect(alone.stdout).toMatch(/^dynsrv doctor {2}.*wrong\.yml$/m)
    expect(alone.stdout).toMatch(/^✗ RELEASE_NODE of a ends with a\.shop, which Docker's DNS does not know$/m)
    expect([alone.code, alone.stderr]).toEqual([1, ''])
    for (const [args, input] of [
      [['--compose', wrong, '--compose', right], ''],
      [['--compose', wrong, '--compose', '-'], over],
      [['--compose', '-', '--compose', right], file('x')],
    ] as const) {
      const { code, stdout, stderr } = await runDynsrv(['doctor', ...args], { input, path, cwd: folder })
      expect(stdout).toMatch(/^Nothing is wrong\./m)
      expect([code, stderr]).toEqual([0, ''])
    }
  })
})

describe('wrapped text', () => {
  it('breaks at blanks, and leaves a longer word whole', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('unbreakable one', 4)).toEqual(['unbreakable', 'one'])
    expect(wrap('', 10)).toEqual([''])
    expect(wrap('as it is', Number.POSITIVE_INFINITY)).toEqual(['as it is'])
  })

  it('keeps its tones, its blanks and its indentation', () => {
    const lines = (columns: number) =>
      wrapSpans(['  ', ['db-1.my.test', 'name'], '  port 1,', [' weight 0', 'quiet']], columns)
    const text = (columns: number) => lines(columns).map((line) => painter(false)(line))
    expect(text(40)).toEqual(['  db-1.my.test  port 1, weight 0'])
    expect(text(24)).toEqual(['  db-1.my.test  port 1,', '    weight 0'])
    expect(text(18)).toEqual(['  db-1.my.test ', '    port 1, weight', '    0'])
    expect(text(4)).toEqual(['  db-1.my.test', '    port', '    1,', '    weight', '    0'])
    expect(lines(24)[1]).toEqual(['    ', ['weight 0', 'quiet']])
    expect(wrapSpans([], 10)).toEqual([[]])
    expect(wrapSpans([' '.repeat(20)], 10).length).toBeLessThan(3)
  })
})
