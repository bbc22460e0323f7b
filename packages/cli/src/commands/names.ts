import { identifier } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { withOutput, withService } from '../options/command-options.ts'
import { type MembersOptions, openMembers } from '../peer/members.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { output } from '../terminal/output.ts'
import { table } from '../terminal/table.ts'

/**
 * Lists the members that the SRV records of a service, or the epmd of a host, name. No node is dialled.
 *
 * @returns the exit code
 * @throws {EpmdError} when the directory cannot be asked
 */
export async function names(options: MembersOptions): Promise<number> {
  using members = await openMembers(options)
  const out = output(options)
  const list = await members.list()
  if (out.json) for (const member of list) out.object(member)
  else if (list.length === 0) out.line([`no members in ${members.label}`])
  else {
    const header = ['node', 'port'].map((text) => [text, 'quiet'] as const)
    for (const line of table([
      header,
      ...list.map(({ name, port }) => [[identifier(name), 'name'] as const, String(port)]),
    ])) {
      out.line(line)
    }
  }
  return EXIT_OK
}

export const command: Command = {
  summary: 'list the members that SRV records or an epmd name',
  group: 'See what is there, and what is wrong',
  place: 6,
  declare: (declared, { runs }) =>
    withOutput(
      withService(
        declared.description(
          'Lists the members that the SRV records of a service, or the epmd of a host, name; dials none.',
        ),
      ),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'service'], names))),
}

const HELP = `
Examples:
  $ dynsrv names --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv names --epmd 10.0.0.5

Exit codes: 0 there was an answer, also with no members; 1 there was none, 2 bad arguments.
`
