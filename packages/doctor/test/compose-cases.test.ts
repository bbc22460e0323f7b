import { describe, it } from 'vitest'
import { COMPOSE_CASES } from './compose-cases.ts'
import { examineCase, expectCase } from './compose-examination.ts'

// There is no PATH in this environment, so that no Compose is found and our own reader reads.
describe('a Compose file, read by us', () => {
  it.each(COMPOSE_CASES.map((one) => [one.what, one] as const))('%s', async (_what, one) => {
    expectCase(one, await examineCase(one))
  })
})
