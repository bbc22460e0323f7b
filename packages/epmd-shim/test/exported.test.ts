import { staticResolver } from '@dynsrv/srv-resolver'
import {
  argument,
  call,
  making,
  ODD_FILLED_TEXTS,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import * as contract from '../src/contract.ts'
import * as api from '../src/index.ts'

const NODE = 'web-1@svc.test'
const NODES = { [NODE]: { ip: '127.0.0.1', port: 4370 } }
const lookup: api.HostLookup = async () => [{ ip: '127.0.0.1', family: 4 }]
const resolver = () =>
  staticResolver([
    { type: 'SRV', name: 'svc.test', target: 'web-1.svc.test', port: 4370 },
    { type: 'A', name: 'web-1.svc.test', address: '127.0.0.1' },
  ])
const fixed = () => new api.FixedPort(4370, { lookup })
const epmd = { epmdPort: 1, timeoutMs: 50, lookup }

const options = (value: object = {}) => argument(() => value, ODD_OPTIONS)
const text = (value: string, ...takes: readonly (Odd | readonly Odd[])[]) => argument(() => value, takes.flat())
const NAME_PARTS = ODD_FILLED_TEXTS.filter((odd) => odd !== 'a long text')
const optionalHost = text('svc.test', 'undefined', NAME_PARTS)
const alive = text('web-1', NAME_PARTS)
const host = text('svc.test', NAME_PARTS)
const port = argument(() => 4370)
const family = argument(() => 'inet', 'undefined')

/** What every module can be asked. */
const module = {
  startLink: call(options()),
  listenPortPlease: call(alive, host),
  registerNode: call(alive, port, family),
  addressPlease: call(alive, host, family, options()),
  names: call(optionalHost, options()),
}

testOddArguments(api, {
  DynamicSrv: making([argument(() => ({ resolver: resolver(), listenPort: 0 }))], module),
  ErlEpmd: making([options(epmd)], { ...module, dump: call(), close: call() }),
  FixedPort: making([port, options({ lookup })], module),
  PortInName: making([options({ lookup })], module),
  Static: making([argument(() => NODES, 'an empty object', 'an object without prototype'), options()], module),
  companionPath: call(),
  firstOf: making([argument(fixed), argument(fixed)], { ...module, close: call() }),
  isEpmdError: call(),
  newCreation: call(argument(() => undefined, 'undefined')),
  nodeName: call(text(NODE), options()),
  parseNodeName: call(text(NODE), options()),
  startEpmdServer: making([options({ port: 0 })], { nodes: call(), close: call() }),
  systemHostLookup: call(
    text('127.0.0.1', NAME_PARTS),
    argument(() => 'inet'),
    options(),
  ),
})

testOddArguments(contract, {
  epmdModuleContract: call(
    argument(() => async () => undefined, ODD_FUNCTIONS),
    options(),
  ),
  testContract: call(
    argument(() => () => undefined, ODD_FUNCTIONS),
    argument(() => [], 'an empty array'),
  ),
})

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    CallOptions: { take: (options) => fixed().startLink(options) },
    DynamicSrvOptions: {
      take: (options) => new api.DynamicSrv(options as api.DynamicSrvOptions),
      valid: { resolver: resolver() },
    },
    EpmdServerOptions: {
      take: (options) => api.startEpmdServer(options),
      nested: { directory: { epmd: fixed(), service: 'svc.test' } },
    },
    ErlEpmdOptions: { take: (options) => new api.ErlEpmd(options) },
    FixedPortOptions: { take: (options) => new api.FixedPort(4370, options) },
    LookupOptions: { take: (options) => fixed().addressPlease('web', '127.0.0.1', 'any', options) },
    NodeNameOptions: { take: (options) => api.nodeName(NODE, options) },
    PortInNameOptions: { take: (options) => new api.PortInName(options) },
    StaticOptions: { take: (options) => new api.Static(NODES, options) },
  },
  {
    CodedErrorOptions: 'an error is made of anything',
    EpmdErrorOptions: 'an error is made of anything',
  },
)
