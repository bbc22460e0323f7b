import { startErl } from '@dynsrv/tools/beam'
import { describe, expect, it } from 'vitest'
import { type EpmdModuleSubject, type EpmdModuleTraits, epmdModuleContract, testContract } from '../src/contract.ts'
import {
  DynamicSrv,
  type EpmdModule,
  ErlEpmd,
  FixedPort,
  firstOf,
  PortInName,
  Static,
  startEpmdServer,
} from '../src/index.ts'
import { startRealEpmd } from './real-epmd.ts'
import { scriptedResolver } from './scripted-resolver.ts'

const HOST = 'svc.internal'
const known = { alive: 'web-1', host: HOST }
const local = { alive: 'web-1', host: '127.0.0.1' }

const dynamicSrv = () =>
  new DynamicSrv({
    resolver: scriptedResolver({
      srv: { [HOST]: ['1 1 4001 web-1.svc.internal'] },
      additional: { 'web-1.svc.internal': ['fd00::1', '10.0.0.1'] },
    }),
    listenPort: 0,
  })
const map = () =>
  new Static({
    'web-1@svc.internal': [
      { ip: 'fd00::1', port: 1 },
      { ip: '10.0.0.1', port: 2 },
    ],
  })

function itIsAnEpmdModule(name: string, start: () => Promise<EpmdModuleSubject>, traits?: EpmdModuleTraits): void {
  describe(`${name} as an epmd module`, () => testContract(it, epmdModuleContract(start, traits)))
}

const alone = (module: EpmdModule, found = known) => ({
  module,
  known: found,
  [Symbol.asyncDispose]: async () => undefined,
})
itIsAnEpmdModule('DynamicSrv', async () => alone(dynamicSrv()))
itIsAnEpmdModule('Static', async () => alone(map()))
itIsAnEpmdModule('FixedPort', async () => alone(new FixedPort(4370), local), { findsEverything: true })
itIsAnEpmdModule('PortInName', async () => alone(new PortInName(), local), { findsEverything: true })
itIsAnEpmdModule('firstOf', async () => alone(firstOf(map(), dynamicSrv())))

const withEpmd = async (epmd: { port: number } & AsyncDisposable) => {
  const web = new ErlEpmd({ epmdPort: epmd.port })
  await web.registerNode('web-1', 4001)
  const dispose = async () => {
    web.close()
    await epmd[Symbol.asyncDispose]()
  }
  return { module: new ErlEpmd({ epmdPort: epmd.port }), known: local, [Symbol.asyncDispose]: dispose }
}
itIsAnEpmdModule('ErlEpmd with the real epmd', async () => withEpmd(await startRealEpmd()))
itIsAnEpmdModule('ErlEpmd with our epmd', async () => withEpmd(await startEpmdServer({ port: 0 })))

describe('the contract of epmd modules', () => {
  it.each<[string, (sound: EpmdModule) => Partial<EpmdModule>, string]>([
    [
      'gives a port that nobody can dial',
      () => ({
        addressPlease: async () => ({ candidates: [{ ip: '10.0.0.1', family: 4, port: 0 }], version: 6 }),
      }),
      'gives addresses that can be dialled',
    ],
    ['gives no candidate', () => ({ addressPlease: async () => ({ candidates: [], version: 6 }) }), 'gives addresses'],
    ['gives an old creation', () => ({ registerNode: async () => ({ creation: 3 }) }), 'starts, gives a port'],
    ['has no end of its own for await using', () => ({ close: () => undefined }), 'may be closed twice'],
    ['does not heed its signal', () => ({ startLink: async () => undefined }), 'ends with the reason of an abort'],
    ['lists nobody', () => ({ names: async () => [] }), 'lists names'],
    [
      'takes a failure for an absent node',
      () => ({ addressPlease: () => Promise.reject(new Error('no DNS')) }),
      'rejects for a node that is not there',
    ],
  ])('finds one that %s', async (_fault, wrong, name) => {
    const start = async () => {
      const sound = map()
      const module: EpmdModule = {
        startLink: (options) => sound.startLink(options),
        listenPortPlease: (alive, host) => sound.listenPortPlease(alive, host),
        registerNode: (alive, port) => sound.registerNode(alive, port),
        addressPlease: (...asked) => sound.addressPlease(...asked),
        names: (host, options) => sound.names(host, options),
        ...wrong(sound),
      }
      return alone(module)
    }
    const cases = epmdModuleContract(start)
    const outcomes = await Promise.allSettled(cases.map(({ run }) => run()))
    const failed = cases.filter((_one, index) => outcomes[index]!.status === 'rejected').map((one) => one.name)
    expect(failed).toContainEqual(expect.stringContaining(name))
  })
})

it('finds a real Erlang node through the real epmd, and is seen by it', { timeout: 60_000 }, async () => {
  await using real = await startRealEpmd()
  const env = { ERL_EPMD_PORT: String(real.port) }
  await using erl = await startErl({ name: 'beam@127.0.0.1', cookie: 'c', env, args: ['-start_epmd', 'false'] })
  using epmd = new ErlEpmd({ epmdPort: real.port })
  await epmd.registerNode('js', 4001)
  const { candidates } = await epmd.addressPlease('beam', '127.0.0.1')
  const listening = await erl.eval(
    '[element(2, L) || L <- element(2, net_adm:names("127.0.0.1")), element(1, L) =:= "beam"]',
  )
  expect(`[${candidates[0]?.port}]`).toBe(listening)
  expect(await erl.eval('erl_epmd:port_please("js", {127,0,0,1})')).toBe('{port,4001,6}')
  expect(await erl.eval('lists:keyfind("js", 1, element(2, net_adm:names("127.0.0.1")))')).toBe('{"js",4001}')
})
