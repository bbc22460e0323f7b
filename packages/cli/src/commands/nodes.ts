import type { Command } from '../command.ts'
import { FOOT, withCookie, withOutput, withService } from '../options/command-options.ts'
import { durationMs } from '../options/duration.ts'
import { reportOn } from '../peer/member-report.ts'
import { showReports } from '../peer/member-table.ts'
import { type MembersOptions, openMembers } from '../peer/members.ts'
import { throwAwayNode } from '../peer/throw-away-node.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_FAILED, EXIT_OK } from '../terminal/exit-code.ts'
import { output } from '../terminal/output.ts'

/**
 * Dials every member and shows which answer, and why others do not.
 *
 * @returns the exit code: 1 when a member was not reached or there is none
 * @throws {EpmdError} when the directory cannot be asked
 */
export async function nodes(options: MembersOptions): Promise<number> {
  const timeoutMs = durationMs(options.timeout)
  using members = await openMembers(options)
  const { short, directory } = members
  await using us = await throwAwayNode(options, { epmd: directory.epmd, short, timeoutMs })
  const list = await members.list()
  const reports = await Promise.all(
    list.map((member) => reportOn(us, member, { directory, timeoutMs, tls: options.tls })),
  )
  const out = output(options)
  if (out.json) for (const each of reports) out.object(each)
  else if (reports.length === 0) out.line([`no members in ${members.label}`])
  else {
    showReports(out, reports)
  }
  return reports.length > 0 && reports.every(({ up }) => up) ? EXIT_OK : EXIT_FAILED
}

export const command: Command = {
  summary: 'dial the members: visible or hidden, OTP release, latency, why missing',
  group: 'See what is there, and what is wrong',
  place: 7,
  declare: (declared, { runs }) =>
    withOutput(
      withCookie(
        withService(
          declared.description(
            'Dials every member and shows whether it is visible or hidden, what it runs, and why it is missing.',
          ),
        ),
      ),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'service', 'link'], nodes))),
}

const HELP = `
Examples:
  $ dynsrv nodes --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv nodes --epmd 10.0.0.5 --json

${FOOT}
Exit codes: 0 all answered, 1 one did not, or there is none; 2 bad arguments or environment.
`
