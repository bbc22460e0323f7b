import { advice, DynsrvError, explain } from '@dynsrv/cluster'
import { identifier, sleep, timeLimit } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { FOOT, withCookie, withOutput, withService } from '../options/command-options.ts'
import { durationMs } from '../options/duration.ts'
import { type MembersOptions, openMembers } from '../peer/members.ts'
import { throwAwayNode } from '../peer/throw-away-node.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_FAILED, EXIT_OK } from '../terminal/exit-code.ts'
import { output, writeError, writeJsonError } from '../terminal/output.ts'
import { clock } from '../world.ts'

/** The options of `dynsrv wait`, as they were typed. */
export interface WaitOptions extends MembersOptions {
  readonly nodes: string
  readonly interval: string
}

/**
 * Waits until a number of members of a service answer.
 *
 * @returns the exit code: 1 when the time is over, with the reason for each missing member
 */
export async function wait(options: WaitOptions): Promise<number> {
  const wanted = /^[1-9]\d{0,5}$/.test(options.nodes) ? Number(options.nodes) : undefined
  if (wanted === undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `--nodes ${JSON.stringify(options.nodes)} is not a number of nodes`, {
      hint: 'Give the number of members that must answer, such as 3.',
    })
  }
  const timeoutMs = durationMs(options.timeout)
  const intervalMs = durationMs(options.interval)
  const signal = timeLimit(clock, timeoutMs)
  using members = await openMembers(options)
  const { directory, short } = members
  await using us = await throwAwayNode(options, { epmd: directory.epmd, short, timeoutMs })
  const out = output(options)
  // One member that hangs must not delay the others.
  const enough = new Promise<void>((resolve) => {
    us.on('nodeup', () => us.connected().length >= wanted && resolve())
  })
  let shown = ''
  let failures: string[] = []
  const reasons = new Map<string, string>()
  for (;;) {
    try {
      const names = [...new Set((await members.list()).map(({ name }) => name))]
      const dial = async (name: string) => {
        try {
          await us.connect(name, { signal })
        } catch (error) {
          // How the last dial failed says more than that the time is over.
          if (!signal.aborted) reasons.set(name, explain(error).message)
          else if (!reasons.has(name)) reasons.set(name, 'did not answer in time')
        }
      }
      await Promise.race([enough, Promise.all(names.map(dial))])
      const answered: ReadonlySet<string> = new Set(us.connected())
      const missing = names.filter((name) => !answered.has(name) && reasons.has(name))
      failures = missing.map((name) => `${identifier(name)}: ${reasons.get(name)}`)
      if (failures.length === 0) failures = [`${members.label} names ${names.length}`]
    } catch (error) {
      failures = [advice(error)]
    }
    const up = us.connected().toSorted()
    const now = up.join()
    if (out.json && now !== shown) out.object({ type: 'up', nodes: up, wanted })
    else if (now !== shown) out.line([[`${up.length} of ${wanted}`, 'title'], `  ${up.map(identifier).join(', ')}`])
    shown = now
    if (up.length >= wanted) return EXIT_OK
    if (!(await timeIsOver(intervalMs, signal))) continue
    const message = `only ${up.length} of ${wanted} nodes answered within ${options.timeout}: ${failures.join('; ')}`
    if (out.json) {
      out.object({ type: 'timeout', nodes: up, wanted, failures })
      writeJsonError({
        type: 'error',
        command: 'dynsrv wait',
        exitCode: EXIT_FAILED,
        message,
        hint: 'Try: dynsrv nodes',
      })
    } else writeError(`dynsrv wait: ${message.replace(/\.?$/, '.')} Try: dynsrv nodes`)
    return EXIT_FAILED
  }
}

/** Waits for the next try; true when the time is over before. */
async function timeIsOver(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(clock, ms, { signal })
    return false
  } catch (error) {
    if (signal.aborted) return true
    throw error
  }
}

export const command: Command = {
  summary: 'wait until a number of members answer',
  group: 'See what is there, and what is wrong',
  place: 9,
  declare: (declared, { runs }) =>
    withOutput(
      withCookie(
        withService(
          declared.description('Waits until a number of members can be reached, for scripts and health checks.'),
        ),
      )
        .option('--nodes <count>', 'how many must answer', '1')
        .option('--interval <time>', 'time between two tries', '500ms'),
      { timeout: '30s', what: 'how long to wait, such as 10s or 2m' },
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'service', 'link'], wait))),
}

const HELP = `
Examples:
  $ dynsrv wait --nodes 3 --service my-service.service.consul --timeout 30s && ./migrate
  $ dynsrv wait --nodes 1 --epmd 10.0.0.5 --json

${FOOT}
Exit codes: 0 they answered, 1 they did not in time, and why; 2 bad arguments or environment.
`
