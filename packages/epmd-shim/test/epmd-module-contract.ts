import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import { EpmdError, type EpmdModule } from '../src/index.ts'

export interface EpmdModuleCase {
  /** A module in use; `dispose` ends what the test started for it. */
  readonly module: EpmdModule
  readonly dispose?: () => Promise<void>
  /** A node that the module can find. */
  readonly known: { readonly alive: string; readonly host: string }
}

/** What some modules do by design. */
export interface EpmdModuleTraits {
  /** Every name has an address, so that nothing is ever not there. */
  readonly findsEverything?: boolean
}

/** What every {@link EpmdModule} owes to the node that uses it. */
export function testEpmdModule(
  name: string,
  make: () => Promise<EpmdModuleCase> | EpmdModuleCase,
  { findsEverything = false }: EpmdModuleTraits = {},
): void {
  const using = async (check: (used: EpmdModuleCase) => Promise<void>) => {
    const used = await make()
    try {
      await check(used)
    } finally {
      await used.module.close?.()
      await used.dispose?.()
    }
  }

  describe(`${name} as an epmd module`, () => {
    it('starts, gives a port to listen on and a creation that is no old one', () =>
      using(async ({ module }) => {
        await module.startLink()
        const port = await module.listenPortPlease('own-4399', 'svc.internal')
        expect(port).toBeGreaterThanOrEqual(0)
        expect(port).toBeLessThanOrEqual(65_535)
        const { creation } = await module.registerNode('own-4399', port || 4399)
        expect(Number.isInteger(creation) && creation >= 4 && creation < 2 ** 32).toBe(true)
      }))

    it('gives addresses that can be dialled, of the family that was asked for', () =>
      using(async ({ module, known: { alive, host } }) => {
        const { candidates, version } = await module.addressPlease(alive, host)
        expect(version).toBe(6)
        expect(candidates.length).toBeGreaterThan(0)
        for (const { ip, family, port } of candidates) {
          expect(isIP(ip)).toBe(family)
          expect(port).toBeGreaterThan(0)
        }
        const four = await module.addressPlease(alive, host, 'inet')
        expect(new Set(four.candidates.map(({ family }) => family))).toStrictEqual(new Set([4]))
      }))

    it(`${findsEverything ? 'finds' : 'rejects for'} a node that is not there`, () =>
      using(async ({ module, known: { host } }) => {
        const outcome: unknown = await module.addressPlease('nobody', host).catch((error) => error)
        if (findsEverything) expect(outcome).toMatchObject({ version: 6 })
        else {
          expect(outcome).toBeInstanceOf(EpmdError)
          expect(outcome).toMatchObject({ code: 'EPMD_NOT_FOUND', hint: expect.stringMatching(/\.$/) })
        }
      }))

    it('ends with the reason of an abort', () =>
      using(async ({ module, known: { alive, host } }) => {
        const reason = new Error('enough')
        const signal = AbortSignal.abort(reason)
        await expect(module.startLink({ signal })).rejects.toBe(reason)
        await expect(module.addressPlease(alive, host, 'any', { signal })).rejects.toBe(reason)
      }))

    it('lists names, or says that it cannot', () =>
      using(async ({ module, known: { alive, host } }) => {
        const names = await module.names(host).catch((error: unknown) => error)
        if (names instanceof EpmdError) expect(names.code).toBe('EPMD_NAMES_UNKNOWN')
        else expect(names).toContainEqual({ name: alive, port: expect.any(Number) })
      }))

    it('may be closed twice', () =>
      using(async ({ module }) => {
        await module.close?.()
        await module.close?.()
      }))
  })
}
