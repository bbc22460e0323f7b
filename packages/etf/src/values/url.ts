import type { TermObject } from '../term.ts'
import { originOf, setOrigin } from './has-term.ts'
import { structObject } from './struct-object.ts'

/** Elixir knows these ports by their schemes, and `URL` does not say them. */
const PORTS: Readonly<Record<string, number>> = {
  ftp: 21,
  http: 80,
  https: 443,
  ldap: 389,
  sftp: 22,
  tftp: 69,
  ws: 80,
  wss: 443,
}

const NAMES = ['scheme', 'userinfo', 'host', 'path', 'query', 'fragment', 'authority'] as const

/** The text of a URI as `URI.to_string/1` has it; undefined where a part is no text. */
function textOf(fields: TermObject): string | undefined {
  if (NAMES.some((name) => fields[name] !== null && typeof fields[name] !== 'string')) return undefined
  const { scheme, userinfo, host, port, path, query, fragment } = fields
  if (port !== null && typeof port !== 'number') return undefined
  const shownPort = port === null || port === PORTS[scheme as string] ? '' : `:${port}`
  const shownHost = typeof host === 'string' && host.includes(':') ? `[${host}]` : host
  const authority = host === null ? '' : `//${userinfo === null ? '' : `${userinfo}@`}${shownHost}${shownPort}`
  const rest = `${path ?? ''}${query === null ? '' : `?${query}`}${fragment === null ? '' : `#${fragment}`}`
  return `${scheme === null ? '' : `${scheme}:`}${authority}${rest}`
}

/** Longer ones stay objects: to make a `URL` of a long name that is not ASCII takes time with the square of its length. */
const MAX_CHARACTERS = 2_048

/** The `URL` of a `URI`; undefined for one that `URL` cannot hold, a relative one for instance. */
export function readUri(fields: TermObject): URL | undefined {
  const text = textOf(fields)
  if (text === undefined || text.length > MAX_CHARACTERS || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return setOrigin(url, fields, url.href)
}

/** The `URI` of a URL: the one that it came as, else what `URI.new/1` makes of it. */
export function uriOf(url: URL): object {
  const known = originOf(url, url.href)
  if (known !== undefined) return known
  const scheme = url.protocol.slice(0, -1)
  const hasHost = url.href.startsWith(`${url.protocol}//`)
  return structObject('URI', {
    scheme,
    userinfo: url.username === '' ? null : `${url.username}${url.password === '' ? '' : `:${url.password}`}`,
    host: hasHost ? url.hostname.replace(/^\[(.*)\]$/, '$1') : null,
    port: url.port === '' ? (PORTS[scheme] ?? null) : Number(url.port),
    path: url.pathname === '' ? null : url.pathname,
    query: url.search === '' ? null : url.search.slice(1),
    fragment: url.hash === '' ? null : url.hash.slice(1),
    authority: null,
  })
}
