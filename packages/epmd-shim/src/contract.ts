import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { callable, flag } from '@dynsrv/kit'
import type { ContractCase } from '@dynsrv/srv-resolver/contract'
import { checks } from './checks.ts'
import { END_OF_CREATIONS, LOWEST_CREATION } from './creation.ts'
import { isDialable } from './dist-port.ts'
import type { EpmdModule } from './epmd-module.ts'

export { type ContractCase, type TestFunction, testContract } from '@dynsrv/srv-resolver/contract'

/** A module in use, and a node that it can find. Its end ends what was started for it. */
export interface EpmdModuleSubject extends AsyncDisposable {
  readonly module: EpmdModule
  readonly known: { readonly alive: string; readonly host: string }
}

/** What some modules do by design. */
export interface EpmdModuleTraits {
  /** Every name has an address, so that nothing is ever not there; default false. */
  readonly findsEverything?: boolean
}

const checkTraits = checks.options<EpmdModuleTraits>('epmdModuleContract', { findsEverything: flag })

/**
 * What every {@link EpmdModule} owes to the node that uses it, as a list of tests for any runner.
 *
 * @param start makes a module that can find the node `known`, by an IPv4 address at least; it is called for each case
 * @throws {EpmdError} `EPMD_BAD_OPTION`
 */
export function epmdModuleContract(
  start: () => Promise<EpmdModuleSubject> | EpmdModuleSubject,
  traits: EpmdModuleTraits = {},
): readonly ContractCase[] {
  checks.argument('epmdModuleContract', 'start', callable, start)
  checkTraits(traits)
  const { findsEverything = false } = traits
  const cases: ContractCase[] = []
  const rule = (name: string, check: (subject: EpmdModuleSubject) => Promise<void>) => {
    const run = async () => {
      await using subject = await start()
      try {
        await check(subject)
      } finally {
        await subject.module.close?.()
      }
    }
    cases.push({ name, run })
  }

  rule('starts, gives a port to listen on and a new creation', async ({ module }) => {
    await module.startLink()
    const port = await module.listenPortPlease('own-4399', 'svc.internal')
    assert.ok(port === 0 || isDialable(port), `${port} is not a port`)
    const { creation } = await module.registerNode('own-4399', port || 4399)
    const fits = Number.isInteger(creation) && creation >= LOWEST_CREATION && creation < END_OF_CREATIONS
    assert.ok(fits, `${creation} is not a creation of OTP 23 and later`)
  })

  rule('gives addresses that can be dialled, of the family that was asked for', async ({ module, known }) => {
    const { candidates, version } = await module.addressPlease(known.alive, known.host)
    assert.equal(version, 6)
    assert.ok(candidates.length > 0, 'the candidates are never empty')
    for (const { ip, family, port } of candidates) {
      assert.equal(isIP(ip), family, `${ip} is an address of the family ${family}`)
      assert.ok(isDialable(port), `${port} can be dialled`)
    }
    const four = await module.addressPlease(known.alive, known.host, 'inet')
    assert.deepEqual([...new Set(four.candidates.map(({ family }) => family))], [4])
  })

  rule(`${findsEverything ? 'finds' : 'rejects for'} a node that is not there`, async ({ module, known: { host } }) => {
    const outcome = await settled(module.addressPlease('nobody', host))
    if (findsEverything) return assert.equal(outcome.value?.version, 6)
    const { code, hint } = outcome.failure as { code?: unknown; hint?: unknown }
    assert.equal(code, 'EPMD_NOT_FOUND')
    assert.match(String(hint), /\.$/, 'the hint is a sentence')
  })

  rule('ends with the reason of an abort', async ({ module, known: { alive, host } }) => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    assert.equal((await settled(module.startLink({ signal }))).failure, reason)
    assert.equal((await settled(module.addressPlease(alive, host, 'any', { signal }))).failure, reason)
  })

  rule('lists names, or says that it cannot', async ({ module, known: { alive, host } }) => {
    const { value, failure } = await settled(module.names(host))
    if (value === undefined) return assert.equal((failure as { code?: unknown }).code, 'EPMD_NAMES_UNKNOWN')
    const listed = value.find(({ name }) => name === alive)
    assert.ok(listed !== undefined && listed.port > 0, `${alive} is listed with its port`)
  })

  rule('may be closed twice, and disposed of when it can be closed', async ({ module }) => {
    if (module.close === undefined) return
    await module.close()
    await module.close()
    assert.equal(typeof module[Symbol.asyncDispose], 'function', 'it has close() and no Symbol.asyncDispose')
    await module[Symbol.asyncDispose]?.()
  })

  return cases
}

interface Settled<T> {
  readonly value?: T
  readonly failure?: unknown
}

async function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ value }),
    (failure: unknown) => ({ failure }),
  )
}
