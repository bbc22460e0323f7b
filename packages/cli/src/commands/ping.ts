import { advice, explain } from '@dynsrv/cluster'
import type { TlsFiles } from '@dynsrv/doctor'
import {
  addressText,
  judgeIntroduction,
  type Objection,
  overTls,
  probeHandshake,
  releaseByFlags,
  throwAwayName,
  visibility,
} from '@dynsrv/doctor'
import { type EpmdModule, type NodeAddress, type NodeAddressCandidate, Static } from '@dynsrv/epmd-shim'
import { identifier, isCoded, timeLimit } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { FOOT, withPeer } from '../options/command-options.ts'
import { durationMs } from '../options/duration.ts'
import { openDirectory, peerName } from '../peer/directory.ts'
import type { PeerOptions } from '../peer/peer-options.ts'
import { peerCookie, throwAwayNode } from '../peer/throw-away-node.ts'
import { withConfig } from '../peer/with-config.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { milliseconds, type Output, output } from '../terminal/output.ts'
import { Reworded } from '../terminal/reworded.ts'
import { isLive, screenSize } from '../terminal/screen.ts'
import { wrap } from '../terminal/wrap.ts'
import { clock } from '../world.ts'

type StepName = 'lookup' | 'connect' | 'handshake' | 'cookie' | 'ping'

/**
 * Reaches a node step by step: address, TCP connection, its introduction, the cookie, a message there and back.
 *
 * @returns the exit code
 * @throws what the first step that fails says
 */
export async function ping(options: PeerOptions, node: string): Promise<number> {
  const { name, alive, host, short } = peerName(node)
  const timeoutMs = durationMs(options.timeout)
  await peerCookie(options)
  using directory = await openDirectory(options, name)
  const show = stepsTo(output(options), name)
  const found = await show.step('lookup', () =>
    directory.epmd.addressPlease(alive, host, 'any', { signal: timeLimit(clock, timeoutMs) }),
  )
  show.done('lookup', `${found.candidates.map(addressText).join(', ')} (${directory.label})`)
  const { ip, port } = await introduce(found, {
    name,
    self: throwAwayName(options.name, short),
    timeoutMs,
    show,
    tls: options.tls,
  })
  const epmd: EpmdModule = new Static({ [name]: { ip, port } }, { short })
  await using us = await throwAwayNode(options, { epmd, short, timeoutMs })
  await show.step('cookie', () => us.connect(name, { signal: timeLimit(clock, timeoutMs) }))
  show.done('cookie', 'both sides agree')
  const times: number[] = []
  await show.step('ping', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const began = clock.monotonic()
      await us.ping(name, { timeoutMs })
      times.push(clock.monotonic() - began)
    }
  })
  // The first round includes work that is done once.
  const latencyMs = Math.min(...times)
  show.done('ping', 'pong', { latencyMs }, latencyMs)
  return EXIT_OK
}

const ROUNDS = 3

interface Knocking {
  readonly name: string
  readonly self: string
  readonly timeoutMs: number
  readonly show: Steps
  readonly tls: TlsFiles | undefined
}

/** Knocks at the addresses in their order until one introduces itself as the node. */
async function introduce(
  { candidates, later }: NodeAddress,
  { name, self, timeoutMs, show, tls }: Knocking,
): Promise<NodeAddressCandidate> {
  let failure: unknown
  const places = oneByOne(candidates, later)
  let place = await places.next()
  /** Whether only one address is known: then what is thrown on is said once, by who catches it. */
  let alone: boolean | undefined
  while (place.done !== true) {
    const candidate = place.value
    const { ip, port } = candidate
    const failed = async (step: StepName, error: unknown, facts: object) => {
      place = await places.next()
      alone ??= place.done === true
      show.failed(step, error, facts, alone ? address : undefined)
    }
    const address = addressText(candidate)
    try {
      const peer = await probeHandshake({ ip, port, self, timeoutMs, ...overTls(tls, name) })
      show.done('connect', address, {}, peer.connectMs)
      const kind = `${visibility(peer.flags)}, flags of ${releaseByFlags(peer.flags)}, creation ${peer.creation}`
      const facts = { name: peer.name, flags: `0x${peer.flags.toString(16)}`, creation: peer.creation }
      const findings = judgeIntroduction(name, peer)
      const error = findings.find(({ severity }) => severity === 'error')
      if (error !== undefined) {
        await failed('handshake', error, { address, peer: facts })
        failure ??= new Reworded({ ...error, category: 'handshake' }, error)
        continue
      }
      show.done('handshake', `${identifier(peer.name)}, ${kind}`, { peer: facts }, peer.handshakeMs)
      for (const finding of findings) show.warn('handshake', finding)
      return candidate
    } catch (error) {
      const connected = !(isCoded(error) && error.category === 'connect')
      await failed(connected ? 'handshake' : 'connect', error, { address })
      failure = connected || failure === undefined ? error : failure
    }
  }
  throw alone === true ? failure : show.said(failure)
}

/** Those of the other address family are waited for when nobody answered at the first ones. */
async function* oneByOne(
  candidates: NodeAddress['candidates'],
  later: NodeAddress['later'],
): AsyncGenerator<NodeAddressCandidate, void> {
  yield* candidates
  yield* (await later) ?? []
}

interface Steps {
  /** Runs a step; a failure is shown and passed on. */
  step<T>(step: StepName, run: () => Promise<T>): Promise<T>
  done(step: StepName, text: string, facts?: object, ms?: number): void
  warn(step: StepName, finding: Objection): void
  /** @param text for a person, in place of what the error says, which the caller prints */
  failed(step: StepName, error: unknown, facts: object, text: string | undefined): void
  /** What is thrown on for a failure whose message was shown: a person reads it once, and then only what to do. */
  said(error: unknown): unknown
}

const BELOW = '    '

function stepsTo(out: Output, node: string): Steps {
  let took = 0
  if (!out.json) out.line([[node, 'title']])
  const columns = isLive({}) ? Math.max(screenSize().columns - TEXT_AT, 20) : Number.POSITIVE_INFINITY
  const line = (step: StepName, sign: readonly [string, 'good' | 'bad' | 'warning'], time: string, text: string) => {
    const beside = wrap(text, columns)
    // A name that is longer than the room has lines of its own.
    const fits = beside.every((part) => part.length <= columns)
    const [first = '', ...others] = fits ? beside : ['', ...wrap(text, columns + TEXT_AT - BELOW.length)]
    out.line(['  ', sign, ' ', [step.padEnd(STEP_WIDTH), 'name'], [time.padStart(TIME_WIDTH), 'quiet'], '  ', first])
    for (const other of others) out.line([fits ? ' '.repeat(TEXT_AT) : BELOW, other])
  }
  const said: Steps['said'] = (error) => {
    const { code, hint } = explain(error)
    if (out.json || hint === undefined || !isCoded(error)) return error
    return new Reworded(error, { message: code ?? 'it failed', hint })
  }
  const failed: Steps['failed'] = (step, error, facts, text) => {
    if (out.json) out.object({ step, node, ok: false, ...facts, ...explain(error) })
    else line(step, ['✗', 'bad'], '', text ?? explain(error).message)
  }
  return {
    async step(step, run) {
      const began = clock.monotonic()
      try {
        return await run()
      } catch (error) {
        failed(step, error, {}, '')
        throw error
      } finally {
        took = clock.monotonic() - began
      }
    },
    done(step, text, facts = {}, ms = took) {
      if (out.json) out.object({ step, node, ok: true, ms: Number(ms.toFixed(3)), text, ...facts })
      else line(step, ['✓', 'good'], milliseconds(ms), text)
    },
    warn(step, finding) {
      if (out.json) out.object({ step, node, ok: true, warning: finding })
      else line(step, ['!', 'warning'], '', advice(finding))
    },
    failed,
    said,
  }
}

const STEP_WIDTH = 'handshake'.length
const TIME_WIDTH = 9
/** The column where the text of a step begins. */
const TEXT_AT = 2 + 1 + 1 + STEP_WIDTH + TIME_WIDTH + 2

export const command: Command = {
  summary: 'reach a node step by step, and say what is wrong when it fails',
  group: 'See what is there, and what is wrong',
  place: 4,
  declare: (declared, { runs }) =>
    withPeer(
      declared
        .description('Reaches a node step by step: address, connection, introduction, cookie, answer.')
        .argument('<node>', 'name of the node, such as api-1@my-service.service.consul'),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'link'], ping))),
}

const HELP = `
Examples:
  Through the SRV records of a Consul agent
  $ dynsrv ping api-1@my-service.service.consul --dns 127.0.0.1:8600

  Through the epmd of its host, or at an address that you know
  $ dynsrv ping api-1@10.0.0.5 --epmd
  $ dynsrv ping api-1@my-service.test --at 10.0.0.5:4370 --json

${FOOT}
Exit codes: 0 the node answered, 1 it did not, and why; 2 bad arguments or environment.
`
