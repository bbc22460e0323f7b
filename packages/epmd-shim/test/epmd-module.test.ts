import { startErl } from '@dynsrv/tools/beam'
import { expect, it } from 'vitest'
import { DynamicSrv, ErlEpmd, FixedPort, firstOf, PortInName, Static, startEpmdServer } from '../src/index.ts'
import { testEpmdModule } from './epmd-module-contract.ts'
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

testEpmdModule('DynamicSrv', () => ({ module: dynamicSrv(), known }))
testEpmdModule('Static', () => ({ module: map(), known }))
testEpmdModule('FixedPort', () => ({ module: new FixedPort(4370), known: local }), { findsEverything: true })
testEpmdModule('PortInName', () => ({ module: new PortInName(), known: local }), { findsEverything: true })
testEpmdModule('firstOf', () => ({ module: firstOf(map(), dynamicSrv()), known }))

const withEpmd = async (epmd: { port: number } & AsyncDisposable) => {
  const web = new ErlEpmd({ epmdPort: epmd.port })
  await web.registerNode('web-1', 4001)
  const dispose = async () => {
    web.close()
    await epmd[Symbol.asyncDispose]()
  }
  return { module: new ErlEpmd({ epmdPort: epmd.port }), dispose, known: local }
}
testEpmdModule('ErlEpmd with the real epmd', async () => withEpmd(await startRealEpmd()))
testEpmdModule('ErlEpmd with our epmd', async () => withEpmd(await startEpmdServer({ port: 0 })))

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
