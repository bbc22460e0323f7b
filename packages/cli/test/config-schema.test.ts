import { expect, it } from 'vitest'
import { z } from 'zod'
import { configSchema } from '../src/config/config-schema.ts'

it('is what dynsrv publishes, where users look for it; run "npm run generate" when it is not', async () => {
  const schema = { ...z.toJSONSchema(configSchema, { io: 'input' }) }
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../dynsrv/schema/config.schema.json')
})
