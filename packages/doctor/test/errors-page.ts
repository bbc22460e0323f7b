import { CATALOGUE } from '../src/catalogue/catalogue.ts'
import type { ErrorEntry } from '../src/catalogue/error-entry.ts'
import { GROUPS } from '../src/check.ts'
import { CHECKS } from '../src/checks.ts'

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
}

/** `docs/errors.md`, from the table that the doctor uses and the errors themselves. */
export function errorsPage(): string {
  const parts = Object.entries(CATALOGUE).map(([part, table]) => {
    const rows = Object.entries<ErrorEntry>(table).sort(([a], [b]) => (a < b ? -1 : 1))
    return [
      `## ${TITLES[part]}`,
      '',
      '| code | what happened | why | what to do |',
      '|---|---|---|---|',
      ...rows.map(
        ([code, { happened, why, remedy }]) => `| \`${code}\` | ${[happened, why, remedy].map(cell).join(' | ')} |`,
      ),
      '',
    ].join('\n')
  })
  const checks = [...CHECKS].sort((a, b) => (a.id < b.id ? -1 : 1))
  return [
    '# Errors',
    '',
    'Every error has a stable `code`, a `message` that says what happened and a `hint` that says what to do; `dynsrv doctor` and the',
    'running node use the same ones. This page is made from the words beside each check and the tables in',
    '`packages/doctor/src/catalogue`; `npm run generate` writes it anew, and a test fails when it is stale.',
    '',
    ...parts,
    '## The checks of `dynsrv doctor`',
    '',
    '| id | what is looked at | group |',
    '|---|---|---|',
    ...checks.map(({ id, title, group }) => `| ${id} | ${cell(title)} | ${GROUPS[group]} |`),
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
