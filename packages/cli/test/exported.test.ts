import { argument, call, ODD_OPTIONS, testOddArguments } from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import * as config from '../src/config.ts'
import * as api from '../src/index.ts'
import { runMain } from './main-run.ts'

// It gives a configuration its type and returns it; what loads the file checks it.
const { defineConfig: _, ...functions } = config

// Run so that what it prints is kept.
const { main: _main, ...others } = api
testOddArguments(
  { main: (args: string[]) => runMain(args, {}), ...others },
  { main: call(argument(() => ['--version'], 'an empty array')) },
)

testOddArguments(functions, {
  loadConfig: call(
    argument(() => undefined, 'undefined', 'false'),
    argument(() => ({ cwd: '/' }), ODD_OPTIONS),
  ),
})

testSoundOptions(new URL('../src/config.ts', import.meta.url), {
  LoadConfigOptions: { take: (options) => config.loadConfig(undefined, options) },
})
