import { describe, it } from 'vitest'
import { expectStory } from './expect-story.ts'

describe('five members, one slow and the others killed at random', () => {
  it(
    'no idempotent call fails, no other runs twice, and nearly all are as quick as ever',
    () => expectStory(1, 6_000),
    60_000,
  )
})
