import type { ErrorCategory, ErrorWords } from '@dynsrv/kit'
import { SIM_ERRORS } from '@dynsrv/testing'
import { TYPES_ERRORS } from '@dynsrv/types'
import { CATALOGUE } from '../src/catalogue/catalogue.ts'
import { GROUPS } from '../src/check.ts'
import { CHECKS } from '../src/checks.ts'
import type { CodeWords } from '../src/words.ts'

const TITLES: Readonly<Record<string, string>> = {
  doctor: 'What only the doctor sees',
  dynsrv: '`dynsrv`: options, cookie, a cluster that does not form',
  '@dynsrv/dist-protocol': '`@dynsrv/dist-protocol`: handshake and link',
  '@dynsrv/node': '`@dynsrv/node`: the live node',
  '@dynsrv/epmd-shim': '`@dynsrv/epmd-shim`: node names, ports, addresses',
  '@dynsrv/srv-resolver': '`@dynsrv/srv-resolver`: DNS',
  '@dynsrv/strategy': '`@dynsrv/strategy`: membership',
  '@dynsrv/etf': '`@dynsrv/etf`: terms',
  '@dynsrv/metrics': '`@dynsrv/metrics`: metrics',
  '@dynsrv/types': '`@dynsrv/types`: types of a module',
  '@dynsrv/testing': '`@dynsrv/testing`: simulations',
}

/** Every table of the page: what the doctor knows, and what only the command line or a test meets. */
export const TABLES: typeof CATALOGUE = { ...CATALOGUE, '@dynsrv/types': TYPES_ERRORS, '@dynsrv/testing': SIM_ERRORS }

const CATEGORIES: Readonly<Record<ErrorCategory, string>> = {
  option: 'a value that a program or a person gave',
  closed: 'a use after the end',
  listen: 'our own sockets',
  discovery: 'who the members are',
  lookup: 'from a name to an address',
  connect: 'from an address to a socket, TLS included',
  handshake: 'from a socket to a link',
  link: 'a link that was up',
  call: 'a process or code on the other side',
  term: 'bytes and terms',
  limit: 'a bound that protects this process or a peer',
}

/** `docs/errors.md`, from the tables of all packages and the words beside the checks. */
export function errorsPage(): string {
  const parts = Object.entries(TABLES)
  return [
    '# Errors',
    '',
    'Every error has a stable `code`, a `message` that says what happened, a `hint` that says what to do, and `docs`, the address of its',
    'entry here. `dynsrv doctor` and the running node use the same codes. Programs decide by `code`, or by `category`:',
    '',
    '| `category` | stage |',
    '|---|---|',
    ...Object.entries(CATEGORIES).map(([category, stage]) => `| \`${category}\` | ${stage} |`),
    '',
    '`retryable` is true when the same attempt can succeed later although nothing is changed; `fault` says which side broke a rule',
    'or failed, `local` or `peer`. Both are named below where they are not the usual `false` and `local`.',
    '',
    ...parts.map(([part, table]) => `- ${TITLES[part]}: ${codesOf(table).map(linkTo).join(' ')}`),
    '- [The checks of `dynsrv doctor`](#the-checks-of-dynsrv-doctor)',
    '',
    'This page is made from the table in `src/error.ts` of each package and from the words beside each check: `npm run generate`.',
    '',
    ...parts.map(([part, table]) => section(TITLES[part] ?? part, table)),
    ...checksTable(),
    '',
  ].join('\n')
}

function section(title: string, table: Readonly<Record<string, CodeWords>>): string {
  return [`## ${title}`, '', ...codesOf(table).flatMap((code) => entry(code, table[code]!))].join('\n')
}

/** GitHub spells the anchor of a heading in small letters; one that is written stays as it is. */
function entry(code: string, words: CodeWords & Partial<ErrorWords>): string[] {
  const facts = [
    words.category === undefined ? [] : `\`${words.category}\``,
    words.retryable === true ? 'may succeed later' : [],
    words.fault === 'peer' ? 'fault of the peer' : [],
  ].flat()
  return [
    `### <a id="${code}"></a>${code}`,
    '',
    plain(words.happened),
    '',
    `- Why: ${plain(words.why)}`,
    `- What to do: ${plain(words.hint)}`,
    ...(facts.length === 0 ? [] : [`- ${facts.join(', ')}`]),
    '',
  ]
}

function checksTable(): string[] {
  const checks = [...CHECKS].sort((a, b) => (a.id < b.id ? -1 : 1))
  return [
    '## The checks of `dynsrv doctor`',
    '',
    'Each also reports codes of the running node.',
    '',
    '| id | it looks at | group | codes of its own |',
    '|---|---|---|---|',
    ...checks.map(
      ({ id, title, group, words }) =>
        `| ${id} | ${cell(title)} | ${GROUPS[group]} | ${words.map(({ code }) => linkTo(code)).join(' ')} |`,
    ),
  ]
}

function codesOf(table: Readonly<Record<string, CodeWords>>): string[] {
  return Object.keys(table).sort()
}

function linkTo(code: string): string {
  return `[${code}](#${code})`
}

function plain(text: string): string {
  return text.replaceAll('<', '&lt;')
}

function cell(text: string): string {
  return plain(text).replaceAll('|', '\\|')
}
