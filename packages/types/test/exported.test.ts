import { argument, call, EVERY_ODD_VALUE, ODD_FUNCTIONS, ODD_TEXTS, testOddArguments } from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import * as api from '../src/index.ts'
import { installedFolders } from './support.ts'

const given = { module: 'lists', sources: [api.folderModules(installedFolders())] }
const TEXTS = ODD_TEXTS.filter((odd) => odd !== 'an empty text')
/** Nothing else of a world is used. */
const world = argument(() => undefined, EVERY_ODD_VALUE)
const list = argument(() => [], 'an empty array')

testOddArguments(api, {
  fileModules: call(list, world),
  folderModules: call(list, world),
  isTypesError: call(argument(() => new Error('one'), EVERY_ODD_VALUE)),
  nodeModules: call(
    argument(() => 'a@host', TEXTS),
    argument(() => async () => 1, ODD_FUNCTIONS),
  ),
  writeTypes: call(argument(() => given)),
})

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  { WriteTypesOptions: { take: (options) => api.writeTypes({ ...given, ...options }) } },
  {
    CodedErrorOptions: 'an error is made of whatever it is given',
    TypesErrorOptions: 'an error is made of whatever it is given',
  },
)
