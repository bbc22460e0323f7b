import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { type Machine, onMachine, startNetwork } from '@dynsrv/tools/network'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { Undo } from '../src/undo.ts'

const DYNSRV = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const COOKIE = 'search-domain-tests-cookie'
const PORT = 4370
const OURS = '10.77.0.1'
const MEMBER = '10.77.0.2'
const DNS = '10.77.0.3'
/** Where every name of the search domain leads. */
const STRANGER = '10.77.0.9'

/** A machine that counts who connects to it, and answers nobody. */
const TRAP = `
  const seen = []
  require('node:net').createServer((socket) => { console.log('visited by ' + socket.remoteAddress); socket.destroy() })
    .listen(${PORT}, () => console.log('listening'))
  process.stdin.on('end', () => process.exit()).resume()`

/**
 * A service in DNS, as a program with `ndots:5` sees it behind a search domain that has an answer to everything. Three members
 * of the service are registered: `api-1` with an address, `api-2` without, and `api-3` only under its own name.
 */
async function scene() {
  const undo = new Undo()
  try {
    const network = undo.use(await startNetwork())
    const machines = {
      dns: await network.machine('dns', DNS),
      member: await network.machine('member', MEMBER),
      stranger: await network.machine('stranger', STRANGER),
      ours: await network.machine('ours', OURS),
    }
    const zone = [
      '--srv-host=my.test,api-1.my.test,4370',
      '--srv-host=my.test,api-2.my.test,4370',
      '--srv-host=api-3.my.test,host-3.my.test,4370',
      `--address=/api-1.my.test/${MEMBER}`,
      `--address=/host-3.my.test/${MEMBER}`,
      '--local=/my.test/',
      `--address=/corp.example/${STRANGER}`,
    ]
    const place = [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--user=root',
      '--pid-file',
    ]
    const dnsmasq = undo.use(
      new Program(machines.dns, [
        'dnsmasq',
        ...place,
        '--log-facility=-',
        '--log-queries',
        `--listen-address=${DNS}`,
        ...zone,
      ]),
    )
    await dnsmasq.line(/started/)
    const trap = undo.use(new Program(machines.stranger, [process.execPath, '-e', TRAP]))
    await trap.line(/listening/)
    const resolvConf = join(temporaryFolder('search-domain'), 'resolv.conf')
    writeFileSync(resolvConf, `nameserver ${DNS}\nsearch corp.example\noptions ndots:5 timeout:1 attempts:1\n`)
    const dynsrv = (...args: readonly string[]) =>
      onMachine(machines.ours, { '/etc/resolv.conf': resolvConf }, [process.execPath, DYNSRV, ...args])
    return { ...machines, resolvConf, dnsmasq, trap, dynsrv, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() }
  } catch (error) {
    await undo[Symbol.asyncDispose]()
    throw error
  }
}

/** A program whose lines are read; it ends with its standard input or by a signal. */
class Program implements AsyncDisposable {
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #look: () => void = () => undefined

  constructor(machine: Machine | undefined, command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [program, ...args] = machine === undefined ? command : ['ip', 'netns', 'exec', machine.namespace, ...command]
    this.#child = spawn(program!, args, { env: { ...process.env, ...env } })
    this.#ended = once(this.#child, 'exit').then(() => this.#look())
    for (const input of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input }).on('line', (line) => {
        this.lines.push(line)
        this.#look()
      })
    }
  }

  async line(wanted: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => wanted.test(line))
      if (found !== undefined) return found
      if (this.#child.exitCode !== null) throw new Error(`it ended before ${wanted}: ${this.lines.join('\n')}`)
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end()
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}

/** The address that the system finds for a name, as every other program here gets it. */
async function systemLookup(
  { ours, resolvConf }: { ours: Machine; resolvConf: string },
  name: string,
): Promise<string> {
  const print =
    'require("node:dns").lookup(process.argv[1], 4, (error, address) => console.log(error?.code ?? address))'
  const [program, ...args] = onMachine(ours, { '/etc/resolv.conf': resolvConf }, [process.execPath, '-e', print, name])
  return (await promisify(execFile)(program, args)).stdout.trim()
}

interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** What `dynsrv resolve` prints: the addresses, and the code of its error. */
async function resolved(command: readonly [string, ...string[]]): Promise<unknown> {
  const [program, ...args] = command
  const { stdout, stderr } = await promisify(execFile)(program, args).catch((failed: Printed) => failed)
  const lines = `${stdout}${stderr}`.trim().split('\n')
  const said = lines.map((line) => JSON.parse(line) as { type: string; ip?: string; code?: string })
  return said.flatMap(({ type, ip, code }) => (type === 'address' ? [ip] : type === 'error' ? [code] : []))
}

describe('a search domain with an answer to everything', () => {
  it('is asked by the system, and not by `resolve`', async () => {
    await using s = await scene()
    expect(await systemLookup(s, 'api-2.my.test')).toBe(STRANGER)
    const before = s.dnsmasq.lines.length
    expect(await resolved(s.dynsrv('resolve', 'api-1@my.test', '--json'))).toStrictEqual([MEMBER])
    expect(await resolved(s.dynsrv('resolve', 'api-3@my.test', '--json'))).toStrictEqual([MEMBER])
    // No address is the truth about this one; that of a stranger is not.
    expect(await resolved(s.dynsrv('resolve', 'api-2@my.test', '--json'))).toStrictEqual(['EPMD_NO_ADDRESS'])
    expect(await resolved(s.dynsrv('resolve', 'nobody@my.test', '--json'))).toStrictEqual(['EPMD_NOT_FOUND'])
    expect(s.dnsmasq.lines.slice(before).filter((line) => line.includes('corp.example from'))).toStrictEqual([])
  })

  it('leads `join` to no stranger', async () => {
    await using s = await scene()
    await using beam = await startErl({
      name: 'api-1@my.test',
      cookie: COOKIE,
      namespace: s.member.namespace,
      args: companionArgs(),
      env: { ERL_DIST_PORT: String(PORT), DYNSRV_DNS: `${DNS}:53` },
    })
    const settings = [
      '--service',
      'my.test',
      '--name',
      'api-9@my.test',
      '--port',
      '4371',
      '--interval',
      '100ms',
      '--json',
    ]
    await using join = new Program(undefined, s.dynsrv('join', ...settings), { RELEASE_COOKIE: COOKIE })
    await join.line(/"type":"nodeup".*api-1@my.test/)
    // The one without an address has been tried as well.
    await join.line(/"type":"connectFailed".*api-2@my.test/)
    expect(await beam.eval('nodes(hidden)')).toBe("['api-9@my.test']")
    expect(s.trap.lines).toStrictEqual(['listening'])
  })
})
