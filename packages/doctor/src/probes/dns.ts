import { type DnsClientOptions, dnsClient, type SrvAnswer, type SrvResolver } from '@dynsrv/srv-resolver'
import { type Attempt, attempt } from '../attempt.ts'
import type { DoctorContext } from '../context.ts'

/** One lost datagram must not take the whole time of a step. */
const MAX_TRY_MS = 2_000
const TRIES = 2
/** How often a question is repeated to see whether the answer turns. */
const REPEATS = 8

/** How the node itself asks. */
export async function resolver(context: DoctorContext): Promise<SrvResolver> {
  return client(context, {})
}

function client(context: DoctorContext, more: DnsClientOptions): SrvResolver {
  const { dns, timeoutMs, resolvConf } = context.options
  const made = dnsClient({
    // Two tries in the time of a step; the client says itself which server was silent.
    timeoutMs: Math.ceil(Math.min(timeoutMs / TRIES, MAX_TRY_MS)),
    tries: TRIES,
    world: context.world,
    ...(dns.length > 0 ? { servers: dns } : { resolvConf }),
    ...more,
  })
  context.defer(() => made.close())
  return made
}

/** The answer about one service. */
export interface ServiceAnswer {
  readonly service: string
  readonly answer: Attempt<SrvAnswer>
}

/** The SRV records of each service, as the node would see them. */
export async function answers(context: DoctorContext): Promise<readonly ServiceAnswer[]> {
  const asked = await context.get(resolver)
  return Promise.all(
    context.options.services.map(async (service) => ({
      service,
      answer: await attempt(asked.resolveSrv(service)),
    })),
  )
}

/** The same question, asked in other ways, to see what the first answer left out. */
export interface Variety {
  readonly service: string
  /** With EDNS, as we ask. */
  readonly edns: SrvAnswer
  /** Without EDNS, as many others ask: at most 512 bytes. */
  readonly bare: Attempt<SrvAnswer>
  readonly tcp: Attempt<SrvAnswer>
  /** Again as we ask. */
  readonly repeated: readonly SrvAnswer[]
}

/** Each service that answered, asked again over TCP, without EDNS, and some more times. */
export async function varieties(context: DoctorContext): Promise<readonly Variety[]> {
  const asked = await context.get(resolver)
  const tcp = client(context, { transport: 'tcp', tries: 1 })
  const bare = client(context, { ednsBytes: 0, tries: 1 })
  const known = await context.get(answers)
  return Promise.all(
    known.flatMap(({ service, answer }) => {
      if (!answer.ok) return []
      const ask = (from: SrvResolver) => attempt(from.resolveSrv(service))
      return [
        Promise.all([ask(tcp), ask(bare), ...Array.from({ length: REPEATS }, () => ask(asked))]).then(
          ([overTcp, without, ...again]): Variety => ({
            service,
            edns: answer.value,
            tcp: overTcp,
            bare: without,
            repeated: again.flatMap((one) => (one.ok ? [one.value] : [])),
          }),
        ),
      ]
    }),
  )
}
