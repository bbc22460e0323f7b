import type { StartOptions } from '@dynsrv/cluster'
import { expect, expectTypeOf, it } from 'vitest'
import { configSchema, type DynsrvConfig, type NotInFile } from '../src/config/config-settings.ts'

it('is what dynsrv publishes, where users look for it; run "npm run generate" when it is not', async () => {
  const schema = `${JSON.stringify(configSchema(), null, 2)}\n`
  await expect(schema).toMatchFileSnapshot('../../dynsrv/schema/config.schema.json')
})

it('has every option of start that a file can hold', () => {
  expectTypeOf<Exclude<keyof StartOptions, keyof DynsrvConfig | NotInFile>>().toEqualTypeOf<never>()
  expectTypeOf<Exclude<NotInFile, keyof StartOptions>>().toEqualTypeOf<never>()
})
