import { explain } from '@dynsrv/cluster'
import { addressText } from '@dynsrv/doctor'
import { identifier, timeLimit, withoutFinalDot } from '@dynsrv/kit'
import type { SrvResolver } from '@dynsrv/srv-resolver'
import type { Command } from '../command.ts'
import { withDns, withOutput } from '../options/command-options.ts'
import { durationMs } from '../options/duration.ts'
import { openDirectory, peerName } from '../peer/directory.ts'
import type { PeerOptions } from '../peer/peer-options.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { milliseconds, type Output, output } from '../terminal/output.ts'
import { clock } from '../world.ts'

/**
 * Shows how a node name becomes addresses, question by question.
 *
 * @returns the exit code
 * @throws {EpmdError} `EPMD_NOT_FOUND`, `EPMD_NO_ADDRESS`, `EPMD_LOOKUP_FAILED`
 */
export async function resolve(options: PeerOptions, node: string): Promise<number> {
  const { name, alive, host } = peerName(node)
  const signal = timeLimit(clock, durationMs(options.timeout))
  const out = output(options)
  using directory = await openDirectory(options)
  if (!out.json)
    out.line([
      [name, 'title'],
      ['  ', 'plain'],
      [directory.label, 'quiet'],
    ])
  const { epmd, resolver } = directory
  const lookup = resolver === undefined ? epmd : (directory.over?.(watched(resolver, out)) ?? epmd)
  const { candidates, later } = await lookup.addressPlease(alive, host, 'any', { signal })
  for (const candidate of [...candidates, ...((await later) ?? [])]) {
    const { ip, family, port } = candidate
    if (out.json) out.object({ type: 'address', node: name, ip, family, port })
    else out.line(['  ', ['→', 'good'], ` ${addressText(candidate)}`])
  }
  return EXIT_OK
}

/** The resolver, showing each question and its answer. */
function watched(resolver: SrvResolver, out: Output): Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses'> {
  const show = async <A extends Shown>(
    question: string,
    ask: () => Promise<A>,
    text: (answer: A) => readonly string[],
    data: (answer: A) => object,
  ): Promise<A> => {
    const began = clock.monotonic()
    try {
      const answer = await ask()
      const ms = clock.monotonic() - began
      const { server, transport, empty } = answer
      if (out.json)
        out.object({ type: 'question', question, ms: Number(ms.toFixed(3)), server, transport, empty, ...data(answer) })
      else {
        const how = `${milliseconds(ms)}, ${server} over ${transport}`
        out.line(['  ', empty === undefined ? ['✓', 'good'] : ['✗', 'bad'], ` ${question}  `, [how, 'quiet']])
        for (const line of empty === undefined ? text(answer) : [EMPTY[empty] ?? empty]) out.line([`      ${line}`])
      }
      return answer
    } catch (error) {
      if (out.json) out.object({ type: 'question', question, ...explain(error) })
      else out.line(['  ', ['✗', 'bad'], ` ${question}  `, explain(error).message])
      throw error
    }
  }
  return {
    resolveSrv: (name, given) =>
      show(
        `SRV ${withoutFinalDot(name)}`,
        () => resolver.resolveSrv(name, given),
        ({ records, addresses, ignored = [] }) => [
          ...records.map(({ target, port, priority, weight, ttlSeconds }) => {
            const known = (addresses.get(target.toLowerCase()) ?? []).map(({ address }) => address).join(', ')
            const more = known === '' ? '' : `, at ${known}`
            return `${identifier(target)} port ${port}, priority ${priority}, weight ${weight}, ttl ${ttlSeconds}${more}`
          }),
          ...ignored.map(({ target, reason }) => `${identifier(target)} cannot be used: ${reason}`),
        ],
        ({ records, addresses, ignored = [] }) => ({
          records: records.map(({ target, port, priority, weight, ttlSeconds }) => {
            const known = (addresses.get(target.toLowerCase()) ?? []).map(({ address }) => address)
            return { target, port, priority, weight, ttlSeconds, addresses: known }
          }),
          ignored: ignored.map(({ target, reason }) => ({ target, reason })),
        }),
      ),
    resolveAddresses: (name, given) =>
      show(
        `${given?.family === 4 ? 'A' : given?.family === 6 ? 'AAAA' : 'A, AAAA'} ${withoutFinalDot(name)}`,
        () => resolver.resolveAddresses(name, given),
        ({ records }) => records.map(({ address, ttlSeconds }) => `${address}, ttl ${ttlSeconds}`),
        ({ records }) => ({
          records: records.map(({ address, family, ttlSeconds }) => ({ address, family, ttlSeconds })),
        }),
      ),
  }
}

interface Shown {
  readonly server: string
  readonly transport: string
  readonly empty?: string
}

const EMPTY: Readonly<Record<string, string>> = {
  nxdomain: 'no such name (NXDOMAIN)',
  nodata: 'the name exists without such a record',
  absent: 'the zone says that the service is not offered',
}

export const command: Command = {
  summary: 'show each step of the lookup of a node',
  group: 'See what is there, and what is wrong',
  place: 5,
  declare: (declared, { runs }) =>
    withOutput(
      withDns(
        declared
          .description(
            'Shows how a node name becomes addresses: each question, the server that answered, and the answer.',
          )
          .argument('<node>', 'name of the node, such as api-1@my-service.service.consul'),
      ).option('--epmd', 'ask the epmd of its host instead (ERL_EPMD_PORT, else 4369)'),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns'], resolve))),
}

const HELP = `
Examples:
  $ dynsrv resolve api-1@my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv resolve api-1@10.0.0.5 --epmd

Exit codes: 0 found, 1 not found, or no answer; 2 bad arguments.
`
