import { readFileSync } from 'node:fs'
import { testReadme } from '@dynsrv/tools/readme-blocks'
import { expect, it } from 'vitest'
import { withTable } from './command-files.ts'

testReadme(new URL('../', import.meta.url))

it('the README lists every command; run "npm run generate" when one is missing', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toMatch(/^dynsrv join /m)
  await expect(await withTable(readme)).toMatchFileSnapshot('../README.md')
})
