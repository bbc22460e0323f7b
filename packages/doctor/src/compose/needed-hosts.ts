/** Variables whose values look like a host with a port and are none. */
const NO_HOST = /(?:IMAGE|VERSION|TAG|COOKIE|PASSWORD|SECRET|TOKEN|RELEASE_NODE)$/i
/** Variables whose value is a host, or several, and nothing else. */
const IS_HOST = /(?:^|_)(?:HOST|HOSTS|HOSTNAME|SERVER|SERVERS|ADDR|ADDRESS|ENDPOINT|BROKERS?|URL|URI)$/i

const AUTHORITY = /[a-z][\w+.-]*:\/\/([^/?#\s"']+)/gi
const HOST_AND_PORT = /(?<![\w./:-])([a-z0-9_][\w.-]*):\d{1,5}(?![\w.:])/gi
const SETTING = /(?:^|[;\s])(?:host|hostname|server)=([\w.-]+)/gi

/** The hosts that a variable names: of addresses, of `host:port`, of `host=…`, and all of one that is called `…_HOST`. */
export function hostsIn(name: string, value: string): string[] {
  if (NO_HOST.test(name)) return []
  const found = new Set<string>()
  for (const [, authority = ''] of value.matchAll(AUTHORITY)) {
    const hosts = authority.slice(authority.lastIndexOf('@') + 1).split(',')
    for (const host of hosts) found.add(host.replace(/:\d*$/, ''))
  }
  const rest = value.replaceAll(AUTHORITY, ' ')
  for (const [, host = ''] of [...rest.matchAll(HOST_AND_PORT), ...rest.matchAll(SETTING)]) found.add(host)
  if (IS_HOST.test(name)) for (const host of rest.split(/[,;\s]+/)) found.add(host)
  found.delete('')
  return [...found]
}
