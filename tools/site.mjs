// Builds the packages, whose declarations are the API reference, then the site. It asks no network.
import { existsSync } from 'node:fs'
import { build } from './build.mjs'

if (!existsSync(new URL('../site/node_modules', import.meta.url))) {
  console.error('The npm modules of the site are missing. Run this once: npm ci --prefix site')
  process.exit(1)
}
try {
  await build()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
// Named at run time, as it stands outside the workspace.
await import(new URL('../site/build.mjs', import.meta.url).href)
