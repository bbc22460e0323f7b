import { expect, it } from 'vitest'
import { codeOfCommands, listOfCommands } from './command-files.ts'

it('every file of a command is in the list; run "npm run generate" when one is not', async () => {
  await expect(await listOfCommands()).toMatchFileSnapshot('../src/commands/all.ts')
  await expect(await codeOfCommands()).toMatchFileSnapshot('../src/commands/loaded.ts')
})
