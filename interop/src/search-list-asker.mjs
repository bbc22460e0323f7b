// Looks one name up in one way, in a network namespace of its own with its own resolv.conf, and prints what was asked of the DNS
// server, and what came of it, as JSON.
import { execFile } from 'node:child_process'
import { lookup, Resolver } from 'node:dns/promises'
import { promisify } from 'node:util'
import { dnsClient, startZoneServer } from '@dynsrv/srv-resolver'

const { way, name, records, faults, host = '127.0.0.1' } = JSON.parse(process.argv[2])

const bare = name.replace(/\.$/, '')
const asked = []
const server = await startZoneServer({
  port: 53,
  host,
  records,
  onQuery: ({ name: owner, type }) => {
    // Erlang looks for its own host at its start. A question that is put again, or of the other family as well, is one question.
    if (type === 'A' && owner.startsWith(bare) && asked.at(-1) !== owner) asked.push(owner)
  },
})
server.setFault(...faults)

const ERLANG = `
  inet_db:set_timeout(1000), inet_db:set_retry(1),
  case inet_res:gethostbyname("${name}", inet, 60000) of
    {ok, _} -> io:format("found");
    {error, nxdomain} -> io:format("not found");
    {error, formerr} -> io:format("not found");
    {error, Reason} -> io:format("failure ~p", [Reason])
  end, halt().`

const WAYS = {
  getaddrinfo: () => lookup(name),
  'c-ares': () => new Resolver({ timeout: 1_000, tries: 1 }).resolve4(name),
  dynsrv: async () => {
    const { records: found } = await dnsClient().resolveAddresses(name)
    if (found.length === 0) throw Object.assign(new Error(), { code: 'ENOTFOUND' })
  },
  inet_res: async () => {
    const { stdout } = await promisify(execFile)('erl', ['-noshell', '-eval', ERLANG])
    if (stdout !== 'found')
      throw Object.assign(new Error(stdout), { code: stdout === 'not found' ? 'ENOTFOUND' : stdout })
  },
}

const result = await WAYS[way]().then(
  () => 'found',
  ({ code }) => (code === 'ENOTFOUND' || code === 'ENODATA' ? 'not found' : 'failure'),
)
console.log(JSON.stringify({ asked, result }))
await server.close()
process.exit()
