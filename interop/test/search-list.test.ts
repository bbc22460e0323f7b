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

interface Case {
  readonly what: string
  readonly name: string
  /** The search list of `resolv.conf`. */
  readonly search: string
  readonly ndots: number
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

/** Every look-up has a network, a `resolv.conf` and a server of its own. */
async function look(way: Way, one: Case): Promise<Outcome> {
  const folder = temporaryFolder('search-list')
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const files = {
    '/etc/resolv.conf': file(
      'resolv.conf',
      `nameserver 127.0.0.1\n${one.search === '' ? '' : `search ${one.search}\n`}options ndots:${one.ndots} timeout:1 attempts:1\n`,
    ),
    '/etc/hosts': file('hosts', '127.0.0.1 localhost\n'),
    '/etc/nsswitch.conf': file('nsswitch.conf', 'hosts: files dns\n'),
  }
  const records: ZoneRecord[] = [
    ...(one.there ?? []).map((name) => ({ type: 'A' as const, name, address: '192.0.2.1', ttlSeconds: 0 })),
    ...(one.bare ?? []).map((name) => ({ type: 'TXT' as const, name, text: 'no address', ttlSeconds: 0 })),
  ]
  const faults = Object.entries(one.faults ?? {}).map(([name, type]) => ({ name, type }))
  const script = [
    'ip link set lo up',
    ...Object.entries(files).map(([path, from]) => `mount --bind ${from} ${path}`),
    'exec "$@"',
  ].join(' && ')
  const command = [process.execPath, ASKER, JSON.stringify({ way, name: one.name, records, faults })]
  const { stdout } = await promisify(execFile)('unshare', ['--net', '--mount', 'sh', '-c', script, 'sh', ...command])
  return JSON.parse(stdout) as Outcome
}

/** `found: one.test, as given`: what came of it, and behind which domains the name was looked for. */
function cell({ asked, result }: Outcome, { name }: Case): string {
  const bare = name.replace(/\.$/, '')
  const places = asked.map((each) => (each === bare ? 'as given' : each.slice(bare.length + 1).replace(/a{60}/g, 'a…')))
  return `${result}: ${places.join(', ') || 'nothing asked'}`
}

describe('a name and the search list', () => {
  const outcomes = new Map<string, Record<Way, string>>()
  beforeAll(async () => {
    const queue = CASES.flatMap((one) => WAYS.map((way) => [one, way] as const))
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

  it.each(CASES.map(({ what }) => what))('%s: as getaddrinfo of this system', (what) => {
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
    const page = [INTRODUCTION, row(head), row(head.map(() => '---')), ...lines, ''].join('\n')
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

What an answer names is whole: SRV targets, and names that are put together from them, never pass the search list.

The other ways to ask differ:

- \`inet_res\` of Erlang (\`inet_res:gethostbyname/1\`) knows no \`ndots\`: it asks a name with a dot as given first, and one without
  never. It goes on after a domain that is silent or refuses, and takes any failure for "not found". \`inet:getaddr/2\`, by which
  nodes find each other, asks \`getaddrinfo\` by default. The companion for BEAM nodes asks for whole names only.
- \`dns.resolve4\` of Node.js (c-ares), and so \`nodeDns\`, knows no search list at all.

 Each cell says what came of it, and behind which domains the name was asked in turn. The table is measured, by
\`interop/test/search-list.test.ts\`.
`
