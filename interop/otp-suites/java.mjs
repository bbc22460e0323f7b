// In the place of `java`: each class of nc_SUITE and jinterface_SUITE, with a node of ours in place of an OtpNode.
import { parseArgs } from 'node:util'
import * as jinterface from './java-jinterface.mjs'
import { connectionServer, echoServer } from './java-nc.mjs'
import { note } from './our-node.mjs'

const CLASSES = { echo_server: echoServer, connection_server: connectionServer, ...jinterface }

const { positionals } = parseArgs({
  args: process.argv
    .slice(2)
    .filter((arg) => !arg.startsWith('-X'))
    .map((arg) => (arg === '-classpath' ? '--classpath' : arg)),
  options: { classpath: { type: 'string' } },
  allowPositionals: true,
})
const [name, ...args] = positionals
const run = CLASSES[name]
if (run === undefined) {
  note(`there is no class ${name}`)
  process.exit(90)
}
try {
  // A class ends with the number of the check that failed, or with 0.
  process.exit((await run(args)) ?? 0)
} catch (error) {
  note(name, error)
  process.exit(91)
}
