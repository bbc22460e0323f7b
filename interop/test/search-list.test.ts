import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ZoneFaultName, ZoneRecord } from '@dynsrv/srv-resolver'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { beforeAll, describe, expect, it } from 'vitest'

const ASKER = fileURLToPath(new URL('../src/search-list-asker.mjs', import.meta.url))
const WAYS = ['getaddrinfo', 'dynsrv', 'inet_res', 'c-ares'] as const
type Way = (typeof WAYS)[number]

interface Case extends Lookup {
  readonly what: string
  /** The search list of `resolv.conf`. */
  readonly search: string
  readonly ndots: number
}

/** A `resolv.conf` as it is written, and what else counts. */
interface FileCase extends Lookup {
  readonly what: string
  readonly lines: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The name of the machine. */
  readonly hostName?: string
  /** Where the server listens; default: 127.0.0.1. */
  readonly host?: string
}

/** What is looked up, and what the server knows. */
interface Lookup {
  readonly name: string
  /** The names that have an address. */
  readonly there?: readonly string[]
  /** The names that exist without one. */
  readonly bare?: readonly string[]
  /** How the server answers for a name and what is below it. */
  readonly faults?: Readonly<Record<string, ZoneFaultName>>
}

interface Outcome {
  readonly asked: readonly string[]
  readonly result: 'found' | 'not found' | 'failure'
}

const TWO = { search: 'one.test two.test', ndots: 1 } as const
const FIVE = { search: 'one.test two.test', ndots: 5 } as const
const DOTTED = { name: 'web.prod', there: ['web.prod', 'web.prod.one.test'] } as const
const LONG = 'a'.repeat(60)

const CASES: readonly Case[] = [
  { what: 'a name without a dot, in the first domain', name: 'web', ...TWO, there: ['web.one.test', 'web'] },
  { what: 'in the second domain', name: 'web', ...TWO, there: ['web.two.test'] },
  { what: 'only as given', name: 'web', ...TWO, there: ['web'] },
  { what: 'nowhere', name: 'web', ...TWO },
  { what: 'no search list', name: 'web', search: '', ndots: 1, there: ['web'] },
  { what: '`ndots:0`', name: 'web', search: 'one.test', ndots: 0, there: ['web.one.test', 'web'] },
  { what: 'with a final dot', name: 'web.', ...TWO, there: ['web.one.test', 'web'] },
  { what: 'with a final dot, only in a domain', name: 'web.prod.', ...FIVE, there: ['web.prod.one.test'] },
  {
    what: 'enough dots, there as given and in a domain',
    name: 'web.prod',
    ...TWO,
    there: ['web.prod', 'web.prod.one.test'],
  },
  { what: 'enough dots, only in a domain', name: 'web.prod', ...TWO, there: ['web.prod.two.test'] },
  { what: 'enough dots, nowhere', name: 'web.prod', ...TWO },
  {
    what: 'too few dots, there as given and in a domain',
    name: 'web.prod',
    ...FIVE,
    there: ['web.prod', 'web.prod.one.test'],
  },
  { what: 'too few dots, only as given', name: 'web.prod', ...FIVE, there: ['web.prod'] },
  { what: 'five dots', name: 'a.b.c.d.e.f', ...FIVE, there: ['a.b.c.d.e.f', 'a.b.c.d.e.f.one.test'] },
  {
    what: 'without an address in the first domain',
    name: 'web',
    ...TWO,
    bare: ['web.one.test'],
    there: ['web.two.test'],
  },
  { what: 'without an address in a domain, nowhere else', name: 'web', ...TWO, bare: ['web.one.test'] },
  {
    what: 'without an address as given, there in a domain',
    name: 'web.prod',
    ...TWO,
    bare: ['web.prod'],
    there: ['web.prod.one.test'],
  },
  ...(['servfail', 'refused', 'silence'] as const).flatMap((fault): Case[] => [
    {
      what: `one.test: ${fault}; in the second domain`,
      name: 'web',
      ...TWO,
      faults: { 'one.test': fault },
      there: ['web.two.test'],
    },
    {
      what: `one.test: ${fault}; only as given`,
      name: 'web.prod',
      ...FIVE,
      faults: { 'one.test': fault },
      there: ['web.prod'],
    },
    { what: `one.test: ${fault}; nowhere`, name: 'web', ...TWO, faults: { 'one.test': fault } },
    {
      what: `as given: ${fault}; in a domain`,
      name: 'web.prod',
      ...TWO,
      faults: { 'web.prod': fault },
      there: ['web.prod.one.test'],
    },
    { what: `as given: ${fault}; nowhere else`, name: 'web.prod', ...TWO, faults: { 'web.prod': fault } },
    {
      what: `Kubernetes with corp.example: ${fault}; four dots, as given`,
      name: 'web.prod.svc.cluster.local',
      search: 'prod.svc.cluster.local svc.cluster.local cluster.local corp.example',
      ndots: 5,
      faults: { 'corp.example': fault },
      there: ['web.prod.svc.cluster.local'],
    },
  ]),
  {
    what: 'eight domains, in the last one',
    name: 'web',
    search: 'a.test b.test c.test d.test e.test f.test g.test h.test',
    ndots: 1,
    there: ['web.h.test'],
  },
  {
    what: 'a name that is too long with the first domain',
    name: `${LONG}.${LONG}.${LONG}`,
    search: `${LONG}.${LONG}.test two.test`,
    ndots: 5,
    there: [`${LONG}.${LONG}.${LONG}.two.test`],
  },
  {
    what: 'the root as a domain',
    name: 'web.prod',
    search: '. one.test',
    ndots: 5,
    there: ['web.prod', 'web.prod.one.test'],
  },
]

const FILES: readonly FileCase[] = [
  file('no `search` line', [], { hostName: 'api-1.one.test', there: ['web.one.test', 'web'] }),
  file('no `search` line, and a host without a domain', [], { hostName: 'api-1', there: ['web'] }),
  file('`domain`, and a host with another one', ['domain two.test'], { hostName: 'api-1.one.test' }),
  file('`search`, and a host with another domain', ['search two.test'], { hostName: 'api-1.one.test' }),
  file('`domain` with two words', ['domain one.test two.test'], { there: ['web.two.test'] }),
  file('`domain` after `search`', ['search one.test', 'domain two.test']),
  file('`search` after `domain`', ['domain one.test', 'search two.test three.test']),
  file('two lines `search`', ['search one.test', 'search two.test']),
  file('an empty `search` line after another one', ['search one.test', 'search ']),
  file('`search` alone', ['search'], { hostName: 'api-1.one.test' }),
  file('an indented line', ['search one.test', ' search two.test']),
  file('tabs', ['search\tone.test\ttwo.test']),
  file('other white space', ['search one.test\vtwo.test three.test\f'], { there: ['web.one.test', 'web.three.test'] }),
  file('ends of lines as Windows writes them', ['search one.test two.test\r', 'options ndots:2\r'], {
    name: 'web.prod',
    there: ['web.prod.two.test'],
  }),
  file('a server in a line as Windows ends it', ['nameserver 127.0.0.2\r', 'search one.test'], {
    there: ['web.one.test'],
  }),
  file('a keyword in capitals', ['SEARCH one.test']),
  file('comments', ['# search one.test', '; search two.test', 'search three.test']),
  file('a comment behind the domains', ['search one.test # two.test']),
  file('dots around the domains', ['search .one.test two.test.']),
  file('a domain that is no name', ['search one..test two.test']),
  file('`LOCALDOMAIN`', ['search one.test'], { env: { LOCALDOMAIN: 'two.test three.test' } }),
  file('an empty `LOCALDOMAIN`', ['search one.test'], { env: { LOCALDOMAIN: '' } }),
  file('`LOCALDOMAIN` and no file to speak of', [], { env: { LOCALDOMAIN: 'two.test' }, hostName: 'a.one.test' }),
  file('`RES_OPTIONS=ndots:2`', ['search one.test'], { ...DOTTED, env: { RES_OPTIONS: 'ndots:2' } }),
  file('`RES_OPTIONS` after the file', ['search one.test', 'options ndots:2'], {
    ...DOTTED,
    env: { RES_OPTIONS: 'ndots:1' },
  }),
  file('two lines `options`', ['search one.test', 'options ndots:3', 'options ndots:1 rotate'], DOTTED),
  file('`ndots` that is no number', ['search one.test', 'options ndots:many'], { there: ['web'] }),
  file('`ndots` with a blank in front of its number', ['search one.test', 'options ndots: 2 rotate'], DOTTED),
  file('`ndots` without a number, and another option', ['search one.test', 'options ndots: rotate'], {
    there: ['web'],
  }),
  file('`ndots` above 15', ['search one.test', 'options ndots:99'], { ...DOTTED, there: ['web.prod'] }),
  file('`no-tld-query`', ['search one.test', 'options no-tld-query'], { there: ['web'] }),
  file('`no_tld_query` and no search list', ['options no_tld_query'], { hostName: 'a', there: ['web'] }),
  file('`no-tld-query` and a name with a dot', ['search one.test', 'options no-tld-query ndots:2'], DOTTED),
  file('`use-vc`', ['search one.test', 'options use-vc'], { there: ['web.one.test'] }),
  file('the third server, two that are not there', servers(2), { there: ['web.one.test'] }),
  file('the fourth server, three that are not there', servers(3), { there: ['web.one.test'] }),
  file('a server with its zone', ['nameserver fe80::1%lo', 'search one.test'], { host: '::', there: ['web.one.test'] }),
  file('a server in few numbers', ['nameserver 127.1', 'search one.test'], { there: ['web.one.test'] }),
  file('text behind a server', ['nameserver 127.0.0.1 # mine', 'search one.test'], { there: ['web.one.test'] }),
]

function file(what: string, lines: readonly string[], more: Partial<FileCase> = {}): FileCase {
  const named = lines.some((line) => line.startsWith('nameserver'))
  return {
    what,
    name: 'web',
    there: ['web.none.test'],
    ...more,
    lines: named ? lines : ['nameserver 127.0.0.1', ...lines],
  }
}

function servers(missing: number): string[] {
  const others = Array.from({ length: missing }, (_, index) => `nameserver 127.0.0.${index + 2}`)
  return [...others, 'nameserver 127.0.0.1', 'search one.test']
}

/** Every look-up has a network, a `resolv.conf` and a server of its own. */
async function look(way: Way, one: Case | FileCase): Promise<Outcome> {
  const folder = temporaryFolder('search-list')
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const files = {
    '/etc/resolv.conf': file('resolv.conf', [...linesOf(one), 'options timeout:1 attempts:1', ''].join('\n')),
    '/etc/hosts': file('hosts', '127.0.0.1 localhost\n'),
    '/etc/nsswitch.conf': file('nsswitch.conf', 'hosts: files dns\n'),
  }
  const records: ZoneRecord[] = [
    ...(one.there ?? []).map((name) => ({ type: 'A' as const, name, address: '192.0.2.1', ttlSeconds: 0 })),
    ...(one.bare ?? []).map((name) => ({ type: 'TXT' as const, name, text: 'no address', ttlSeconds: 0 })),
  ]
  const { host, env } = 'lines' in one ? one : ({} as Partial<FileCase>)
  const faults = Object.entries(one.faults ?? {}).map(([name, type]) => ({ name, type }))
  const script = [
    'ip link set lo up',
    'ip address add fe80::1/64 dev lo nodad',
    `echo ${'hostName' in one ? one.hostName : 'localhost'} > /proc/sys/kernel/hostname`,
    ...Object.entries(files).map(([path, from]) => `mount --bind ${from} ${path}`),
    'exec "$@"',
  ].join(' && ')
  const command = [process.execPath, ASKER, JSON.stringify({ way, name: one.name, records, faults, host })]
  const inside = ['--net', '--mount', '--uts', 'sh', '-c', script, 'sh', ...command]
  const { stdout } = await promisify(execFile)('unshare', inside, { env: { ...process.env, ...env } })
  return JSON.parse(stdout) as Outcome
}

/** The lines of `resolv.conf`. */
function linesOf(one: Case | FileCase): readonly string[] {
  if ('lines' in one) return one.lines
  return ['nameserver 127.0.0.1', ...(one.search === '' ? [] : [`search ${one.search}`]), `options ndots:${one.ndots}`]
}

const SIGNS: Readonly<Record<string, string>> = { '\t': '⇥', '\r': '␍', '\v': '␋', '\f': '␌' }

function withSigns(text: string): string {
  return text.replaceAll(/[\t\r\v\f]/g, (sign) => SIGNS[sign]!)
}

/** `found: one.test, as given`: what came of it, and behind which domains the name was looked for. */
function cell({ asked, result }: Outcome, { name }: Lookup): string {
  const bare = name.replace(/\.$/, '')
  const places = asked
    .map((each) => (each === bare ? 'as given' : each.slice(bare.length + 1).replace(/a{60}/g, 'a…')))
    .map(withSigns)
  return `${result}: ${places.join(', ') || 'nothing asked'}`
}

describe('a name and the search list', () => {
  const outcomes = new Map<string, Record<Way, string>>()
  beforeAll(async () => {
    const queue = [...CASES, ...FILES].flatMap((one) => WAYS.map((way) => [one, way] as const))
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [one, way] = next
        const row = outcomes.get(one.what) ?? ({} as Record<Way, string>)
        outcomes.set(one.what, row)
        row[way] = cell(await look(way, one), one)
      }
    }
    await Promise.all([work(), work(), work(), work()])
  }, 600_000)

  it.each([...CASES, ...FILES].map(({ what }) => what))('%s: as getaddrinfo of this system', (what) => {
    const { getaddrinfo, dynsrv } = outcomes.get(what)!
    expect(dynsrv).toBe(getaddrinfo)
  })

  it('is what the table in the documentation says', async () => {
    const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
    const lines = CASES.map(({ what, name, search, ndots }) => {
      const { getaddrinfo, inet_res, 'c-ares': cares } = outcomes.get(what)!
      const short = (text: string) => text.replace(/a{60}/g, 'a…')
      const same = (other: string) => (other === getaddrinfo ? 'the same' : other)
      return row([
        what,
        `\`${short(name)}\``,
        short(search) || '–',
        String(ndots),
        getaddrinfo,
        same(inet_res),
        same(cares),
      ])
    })
    const head = ['case', 'name', 'search', 'ndots', '`getaddrinfo`, dynsrv', '`inet_res`', '`dns.resolve4`']
    const table = [row(head), row(head.map(() => '---')), ...lines]
    const fileHead = ['case', '`resolv.conf`', 'beside it', 'name', ...head.slice(4)]
    const fileLines = FILES.map(({ what, lines: written, env, hostName, name }) => {
      const { getaddrinfo, inet_res, 'c-ares': cares } = outcomes.get(what)!
      const same = (other: string) => (other === getaddrinfo ? 'the same' : other)
      const beside = [
        ...Object.entries(env ?? {}).map(([key, value]) => `\`${key}=${value}\``),
        ...(hostName === undefined ? [] : [`host \`${hostName}\``]),
      ]
      const shown = written.filter((line, at) => at > 0 || line !== 'nameserver 127.0.0.1')
      const code = shown.map((line) => `\`${withSigns(line)}\``).join(' ')
      return row([what, code || '–', beside.join(', ') || '–', `\`${name}\``, getaddrinfo, same(inet_res), same(cares)])
    })
    const fileTable = [row(fileHead), row(fileHead.map(() => '---')), ...fileLines]
    const page = [INTRODUCTION, ...table, '', FILE_INTRODUCTION, ...fileTable, ''].join('\n')
    await expect(page).toMatchFileSnapshot('../../docs/search-list.md')
  })
})

const INTRODUCTION = `# The search list

Which names are asked when a program looks up \`web\`, and \`resolv.conf\` has a search list? \`dnsClient\`, and so every command and
every strategy here, does what \`getaddrinfo\` of glibc does: a name leads to where the programs beside this one find it.

- A name with a final dot is whole, and asked as it is.
- A name with at least \`ndots\` dots is asked as it is first, then with each domain of the list. Another one is asked with each
  domain first, then as it is.
- A domain that does not have the name, or answers SERVFAIL, leads to the next one. A domain that is silent or refuses ends the
  list; the name is then still asked as it is.

A name that no host can have, such as \`-web\` or \`*.web\`, is asked as any other one; \`getaddrinfo\` refuses it and asks nobody.

What an answer names is whole: SRV targets, and names that are put together from them, never pass the search list.

The other ways to ask differ:

- \`inet_res\` of Erlang (\`inet_res:gethostbyname/1\`) knows no \`ndots\`: it asks a name with a dot as given first, and one without
  never. It goes on after a domain that is silent or refuses, and takes any failure for "not found". \`inet:getaddr/2\`, by which
  nodes find each other, asks \`getaddrinfo\` by default. The companion for BEAM nodes asks for whole names only.
- \`dns.resolve4\` of Node.js (c-ares), and so \`nodeDns\`, knows no search list at all.

 Each cell says what came of it, and behind which domains the name was asked in turn. The table is measured, by
\`interop/test/search-list.test.ts\`.
`

const FILE_INTRODUCTION = `## resolv.conf itself

What the file says is read as glibc reads it, with what else counts: \`LOCALDOMAIN\`, \`RES_OPTIONS\` and the name of the machine.

- A keyword begins its line, in small letters, with a blank or a tab behind it. Comments are lines of their own. A carriage return
  at the end of a line (␍) belongs to its last word: such a server counts for nothing, and such a domain has no names.
- The last \`search\` or \`domain\` with anything in it counts; \`domain\` has one word. \`LOCALDOMAIN\` wins over both. Where nothing
  says which domains are searched, it is that of the machine's own name.
- Three servers are asked at most. \`127.0.0.1#5353\`, a server with a port, is our own.
- \`ndots\` (15 at most), \`timeout\` (30), \`attempts\` (5), \`rotate\`, \`use-vc\` and \`no-tld-query\` are followed, and \`RES_OPTIONS\` comes
  after the file. Other options change nothing here. \`attempts:0\`, with which glibc asks nobody, is passed over.
`
