import { HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import {
  argument,
  call,
  ODD_FILLED_TEXTS,
  ODD_OPTIONS,
  ODD_TEXTS,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import * as api from '../src/index.ts'

const NODE = 'api-1@shop.test'
/** Nothing of it touches the network: a Compose file that is not there. */
const NOTHING = { compose: ['/nonexistent'], env: {} }
const KNOCK = { ip: '127.0.0.1', port: 1, self: 'me@127.0.0.1', timeoutMs: 50 }

const text = (value: string, ...takes: readonly Odd[]) => argument(() => value, takes)
const anyText = (value: string) => text(value, ...ODD_TEXTS)
const flags = argument(() => HIDDEN_FLAGS, 'a bigint')
const verdict = argument(() => ({ code: 'NODE_REFUSED', message: 'refused' }))
const peer = argument(() => ({ name: NODE, flags: HIDDEN_FLAGS, creation: 7 }))

testOddArguments(api, {
  addressText: call(argument(() => ({ ip: '127.0.0.1', port: 4370 }))),
  checksFor: call(argument(() => NOTHING, 'an empty object', 'an object without prototype')),
  diagnose: call(
    argument(() => NOTHING, 'an empty object', 'an object without prototype'),
    argument(() => () => undefined, 'undefined', 'a function'),
  ),
  entryOf: call(text('NODE_REFUSED', ...ODD_FILLED_TEXTS)),
  hostOf: call(anyText(NODE)),
  isShort: call(anyText('box')),
  isThrowAway: call(anyText(NODE)),
  judgeIntroduction: call(anyText(NODE), peer),
  overTls: call(
    argument(() => ({ ca: 'PEM' }), ODD_OPTIONS),
    anyText(NODE),
  ),
  probeHandshake: call(argument(() => KNOCK)),
  releaseByFlags: call(flags),
  throwAwayName: call(
    text('me@127.0.0.1', 'undefined', ...ODD_FILLED_TEXTS),
    argument(() => true, 'true', 'false'),
    argument(() => undefined, 'undefined'),
  ),
  verdictKey: call(verdict),
  visibility: call(flags),
  worst: call(argument(() => [], 'an empty array')),
})

testSoundOptions(new URL('../src/index.ts', import.meta.url), {
  DoctorOptions: { take: (options) => api.diagnose({ ...NOTHING, ...options }), nested: { gossip: {}, tls: {} } },
  ProbeOptions: { take: (options) => api.probeHandshake({ ...KNOCK, ...options }), nested: { tls: {} } },
})
