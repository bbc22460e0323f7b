#!/usr/bin/env node
import nodeModule from 'node:module'

// Node 22 and later keep what they have compiled, for the next start.
nodeModule.enableCompileCache?.()

/** A clone holds no dist of its own making; an installed package always does. */
async function load() {
  try {
    return await import('@dynsrv/cli')
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/\/dist\/[^/]+\.js$/.test(error.url ?? '')) throw error
    process.stderr.write('dynsrv: this clone is not built yet: run `npm run build` in its top folder\n')
    return { main: async () => 1 }
  }
}

const { main } = await load()
process.exitCode = await main(process.argv.slice(2))
