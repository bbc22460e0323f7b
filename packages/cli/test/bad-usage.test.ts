import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDynsrv } from './run-dynsrv.ts'

const SECRET = 'a-cookie-that-nobody-may-see'
const NAME = ['--name', 'api-1@my-service.test']
const SERVICE = ['--service', 'my-service.test']
const DNS = ['--dns', '127.0.0.1:9']
const GOOD_ENV = { RELEASE_COOKIE: SECRET, ERL_DIST_PORT: '4370' }

interface BadUsage {
  readonly title: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What the one line must say: what is wrong and what to do. */
  readonly says: readonly RegExp[]
}

const JOIN = ['join', ...NAME, ...SERVICE, ...DNS]
const CASES: readonly BadUsage[] = [
  {
    title: 'ERL_DIST_PORT missing',
    args: JOIN,
    env: { RELEASE_COOKIE: SECRET },
    says: [/ERL_DIST_PORT is not set/, /--port/],
  },
  {
    title: 'ERL_DIST_PORT empty',
    args: JOIN,
    env: { ...GOOD_ENV, ERL_DIST_PORT: '' },
    says: [/ERL_DIST_PORT is not set/],
  },
  {
    title: 'ERL_DIST_PORT not a number',
    args: JOIN,
    env: { ...GOOD_ENV, ERL_DIST_PORT: 'http' },
    says: [/ERL_DIST_PORT is not a number: 'http'/, /4370/],
  },
  {
    title: 'ERL_DIST_PORT out of range',
    args: JOIN,
    env: { ...GOOD_ENV, ERL_DIST_PORT: '65536' },
    says: [/ERL_DIST_PORT is out of range: 65536/, /1 to 65535/],
  },
  {
    title: 'ERL_DIST_PORT zero',
    args: JOIN,
    env: { ...GOOD_ENV, ERL_DIST_PORT: '0' },
    says: [/ERL_DIST_PORT is out of range: 0/],
  },
  {
    title: 'ERL_DIST_PORT negative',
    args: JOIN,
    env: { ...GOOD_ENV, ERL_DIST_PORT: '-1' },
    says: [/ERL_DIST_PORT is not a number: '-1'/],
  },
  {
    title: '--port not a number',
    args: [...JOIN, '--port', '43x'],
    env: GOOD_ENV,
    says: [/--port is not a number: "43x"/],
  },
  {
    title: '--port out of range',
    args: [...JOIN, '--port', '70000'],
    env: GOOD_ENV,
    says: [/--port is out of range: "70000"/],
  },
  { title: 'no name', args: ['join', ...SERVICE], env: GOOD_ENV, says: [/RELEASE_NODE is not set/, /api-1@/] },
  { title: 'a name without @', args: ['join', '--name', 'api-1', ...SERVICE], env: GOOD_ENV, says: [/api-1/, /@/] },
  {
    title: 'a name without an alive part',
    args: ['join', '--name', '@my-service.test', ...SERVICE],
    env: GOOD_ENV,
    says: [/@my-service\.test/],
  },
  {
    title: 'a name with a short host',
    args: ['join', '--name', 'api-1@my-service', ...SERVICE],
    env: GOOD_ENV,
    says: [/my-service/, /dot|long/],
  },
  {
    title: 'a name over 255 bytes',
    args: ['join', '--name', `${'a'.repeat(250)}@my.test`, ...SERVICE],
    env: GOOD_ENV,
    says: [/255/],
  },
  {
    title: 'a name in RELEASE_NODE that is wrong',
    args: ['join', ...SERVICE],
    env: { ...GOOD_ENV, RELEASE_NODE: 'api-1' },
    says: [/api-1/, /@/],
  },
  { title: 'no service', args: ['join', ...NAME], env: GOOD_ENV, says: [/service/, /my-service\.service\.consul/] },
  { title: 'an empty service', args: ['join', ...NAME, '--service', ''], env: GOOD_ENV, says: [/service "" is empty/] },
  {
    title: 'a service with a blank',
    args: ['join', ...NAME, '--service', 'my service.test'],
    env: GOOD_ENV,
    says: [/not a DNS name/, /"my service"/],
  },
  {
    title: 'a service with an empty label',
    args: ['join', ...NAME, '--service', 'my..test'],
    env: GOOD_ENV,
    says: [/empty label/],
  },
  {
    title: 'a service with a long label',
    args: ['join', ...NAME, '--service', `${'a'.repeat(64)}.test`],
    env: GOOD_ENV,
    says: [/not a DNS name/],
  },
  {
    title: 'a service that is a node name',
    args: ['join', ...NAME, '--service', 'api-1@my-service.test'],
    env: GOOD_ENV,
    says: [/node name/],
  },
  {
    title: 'a service that is an address',
    args: ['join', ...NAME, '--service', '10.0.0.5'],
    env: GOOD_ENV,
    says: [/IP address/],
  },
  {
    title: 'a service without a dot',
    args: ['join', ...NAME, '--service', 'my-service'],
    env: GOOD_ENV,
    says: [/no dot/],
  },
  {
    title: 'a DNS server that is a name',
    args: ['join', ...NAME, ...SERVICE, '--dns', 'consul:8600'],
    env: GOOD_ENV,
    says: [/consul:8600/, /127\.0\.0\.1:8600/],
  },
  {
    title: 'a DNS server with a wrong port',
    args: ['join', ...NAME, ...SERVICE, '--dns', '127.0.0.1:dns'],
    env: GOOD_ENV,
    says: [/port/, /"dns"/],
  },
  {
    title: 'no cookie',
    args: JOIN,
    env: { ERL_DIST_PORT: '4370' },
    says: [/no cookie/, /RELEASE_COOKIE/, /--cookie-file/, /dynsrv cookie new/],
  },
  {
    title: 'an empty cookie',
    args: JOIN,
    env: { ...GOOD_ENV, RELEASE_COOKIE: '' },
    says: [/RELEASE_COOKIE is empty/, /dynsrv cookie new/],
  },
  {
    title: 'a cookie with a line break',
    args: JOIN,
    env: { ...GOOD_ENV, RELEASE_COOKIE: `${SECRET}\n` },
    says: [/RELEASE_COOKIE has a character/],
  },
  {
    title: 'a cookie that no BEAM node could have',
    args: JOIN,
    env: { ...GOOD_ENV, RELEASE_COOKIE: '€' },
    says: [/RELEASE_COOKIE has a character outside printable ASCII/],
  },
  {
    title: 'a cookie over 255 characters',
    args: JOIN,
    env: { ...GOOD_ENV, RELEASE_COOKIE: 'c'.repeat(256) },
    says: [/longer than 255/],
  },
  {
    title: 'a cookie file that is not there',
    args: [...JOIN, '--cookie-file', '/nonexistent/cookie'],
    env: GOOD_ENV,
    says: [/\/nonexistent\/cookie/, /no such file/],
  },
  {
    title: 'a cookie file that is a folder',
    args: [...JOIN, '--cookie-file', '/tmp'],
    env: GOOD_ENV,
    says: [/\/tmp/, /it is a folder/],
  },
  {
    title: 'a cookie on the command line',
    args: [...JOIN, '--cookie', SECRET],
    env: GOOD_ENV,
    says: [/command line/, /--cookie-file/],
  },
  {
    title: 'a cookie on the command line behind =',
    args: [...JOIN, `--cookie=${SECRET}`],
    env: GOOD_ENV,
    says: [/command line/],
  },
  {
    title: 'a cookie behind a mistyped option',
    args: [...JOIN, `--cooky=${SECRET}`],
    env: GOOD_ENV,
    says: [/unknown option '--cooky'/],
  },
  ...['--cokie', '--cookei', '--cookies'].map((option) => ({
    title: `a cookie on the command line behind ${option}`,
    args: [...JOIN, option, SECRET],
    env: GOOD_ENV,
    says: [new RegExp(`unknown option '${option}', did you mean --cookie-file\\?`)],
  })),
  {
    title: 'an unknown option',
    args: [...JOIN, '--servce', 'x.test'],
    env: GOOD_ENV,
    says: [/unknown option '--servce'/, /did you mean --service\?/],
  },
  { title: 'an unknown command', args: ['jion'], says: [/unknown command 'jion'/, /did you mean join\?/] },
  {
    title: 'the help of an unknown command',
    args: ['help', 'jion'],
    says: [/unknown command 'jion'/, /did you mean join\?/],
  },
  {
    title: 'a value for an option that takes none',
    args: [...JOIN, '--plain=3'],
    says: [/option '--plain' takes no value/],
  },
  {
    title: 'a group of commands without one of them',
    args: ['cookie'],
    says: [/the name of a command is missing/, /--help/],
  },
  {
    title: 'epmd on a host that is none',
    args: ['epmd', '--host', 'nope.invalid', '--port', '0'],
    says: [/cannot listen on nope\.invalid/, /address of this machine/],
  },
  { title: 'an option without its value', args: ['join', '--name'], says: [/--name/, /argument missing/] },
  { title: 'an argument too many', args: [...JOIN, 'extra'], env: GOOD_ENV, says: [/too many arguments/] },
  {
    title: 'an interval that is not a time',
    args: [...JOIN, '--interval', 'often'],
    env: GOOD_ENV,
    says: [/"often" is not a time/, /5s/],
  },
  ...[
    [...JOIN, '--interval'],
    [...JOIN, '--net-tick-time'],
    ['ping', 'a@b.test', '--timeout'],
    ['wait', '--service', 'b.test', '--interval'],
    ['watch', '--service', 'b.test', '--interval'],
    ['doctor', ...SERVICE, '--timeout'],
    ['doctor', ...SERVICE, '--watch', '--interval'],
  ].map((args) => ({
    title: `a time without its unit: ${args[0]} ${args.at(-1)}`,
    args: [...args, '5'],
    env: GOOD_ENV,
    says: [/: "5" has no unit\. Write 5s or 5ms\.\n$/],
  })),
  { title: 'no records', args: ['dns'], says: [/no records/, /--member/] },
  {
    title: 'a member that is none',
    args: ['dns', '--member', 'api-1'],
    says: [/"api-1" is not a member/, /api-1@my-service\.test:4370/],
  },
  {
    title: 'a member with a wrong port',
    args: ['dns', '--member', 'api-1@my-service.test:99999'],
    says: [/out of range/],
  },
  {
    title: 'a file that is not there',
    args: ['dns', '/nonexistent/zone.json'],
    says: [/cannot read \/nonexistent\/zone\.json/],
  },
  {
    title: 'a file that is not there, by option',
    args: ['dns', '--zone', '/nonexistent/zone.json'],
    says: [/cannot read \/nonexistent\/zone\.json/],
  },
  { title: 'an unknown option of the demo', args: ['demo', '--jsno'], says: [/unknown option '--jsno'/, /--json/] },
]

describe('bad usage ends with exit code 2 and one line that says what to do', () => {
  it.each(CASES)('$title', async ({ args, env = {}, says }) => {
    const { code, stdout, stderr } = await runDynsrv(args, { env })
    expect(stderr.split('\n')).toHaveLength(2)
    expect(stderr).toMatch(/^dynsrv( \w+)?: .+\n$/)
    for (const text of says) expect(stderr).toMatch(text)
    expect(stderr).not.toContain(SECRET)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('is an object on the standard error with --json', async () => {
    const told = async (...args: string[]) => {
      const { stdout, stderr } = await runDynsrv([...args, '--json'])
      expect(stdout).toBe('')
      expect(stderr.split('\n')).toHaveLength(2)
      return JSON.parse(stderr) as Record<string, unknown>
    }
    expect(await told('names', '--service', 'x.test', '--dns', 'no-port:99999')).toStrictEqual({
      type: 'error',
      command: 'dynsrv names',
      exitCode: 2,
      message: expect.any(String),
      code: expect.stringMatching(/^(DYNSRV|DNS)_/),
      hint: expect.any(String),
      docs: expect.stringMatching(/^https:\/\/.*#(DYNSRV|DNS)_\w+$/),
    })
    expect(await told('ping')).toStrictEqual({
      type: 'error',
      command: 'dynsrv ping',
      exitCode: 2,
      message: "missing required argument 'node'",
      hint: 'See dynsrv ping --help.',
    })
  })

  it('a port that is in use', async () => {
    await using server = createServer().listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stdout, stderr } = await runDynsrv(JOIN, { env: { ...GOOD_ENV, ERL_DIST_PORT: String(port) } })
    expect(stderr).toMatch(new RegExp(`^dynsrv join: port ${port} .*in use.+\\n$`))
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})

describe('cookies on disk', () => {
  let home = ''
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'dynsrv-home-'))
    await mkdir(join(home, '.config/erlang'), { recursive: true })
  })
  afterAll(() => rm(home, { recursive: true }))

  it('refuses ~/.erlang.cookie when others may read it, as Erlang does', async () => {
    const path = join(home, '.erlang.cookie')
    await writeFile(path, SECRET)
    await chmod(path, 0o644)
    const { code, stderr } = await runDynsrv(JOIN, { env: { ERL_DIST_PORT: '4370', HOME: home } })
    expect(stderr).toMatch(/can be read by others\. Run: chmod 400 /)
    expect(stderr).not.toContain(SECRET)
    expect(code).toBe(2)
    await rm(path)
  })

  it('says when a cookie file is empty', async () => {
    const path = join(home, 'cookie')
    await writeFile(path, '\n')
    const { code, stderr } = await runDynsrv([...JOIN, '--cookie-file', path], { env: { ERL_DIST_PORT: '4370' } })
    expect(stderr).toMatch(/the cookie file .* is empty/)
    expect(code).toBe(2)
  })
})
