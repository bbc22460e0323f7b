import { describe, it } from 'vitest'
import { expectStory } from './expect-story.ts'

describe('five members, one slow and the others killed at random', () => {
  it(
    'in 100 000 calls no idempotent one fails, no other runs twice, and nearly all are as quick as ever',
    () => expectStory(2, 100_000),
    600_000,
  )

  it.each(Array.from({ length: 20 }, (_, index) => index + 10))(
    'the same with seed %i',
    (seed) => expectStory(seed, 10_000),
    120_000,
  )
})
