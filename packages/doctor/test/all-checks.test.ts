import { expect, it } from 'vitest'
import { listOfChecks } from './check-files.ts'

it('every file of a check is in the list; run "npm run generate" when one is not', async () => {
  await expect(await listOfChecks()).toMatchFileSnapshot('../src/checks/all.ts')
})
