import { simulate } from '@dynsrv/testing'
import { expect } from 'vitest'
import { percentile, story } from './story.ts'

/** Plays so many calls with and without disturbances, and holds both against the rules of a service. */
export async function expectStory(seed: number, calls: number): Promise<void> {
  const healthy = await simulate({ seed }, (sim) => story(sim, { calls, disturbed: false }))
  const disturbed = await simulate({ seed }, (sim) => story(sim, { calls, disturbed: true }))
  const { kills, lost } = disturbed
  expect(healthy).toMatchObject({ failed: [], lost: 0, duplicates: 0 })
  expect(disturbed).toMatchObject({ failed: [], duplicates: 0 })
  expect(kills).toBeGreaterThan(0)
  // What cannot be called twice is lost with its member, and with nothing else: no more than were out at each kill.
  expect(lost).toBeLessThanOrEqual(kills * 32)
  expect(percentile(disturbed.times, 0.99)).toBeLessThan(2 * percentile(healthy.times, 0.99))
  // The slow one is asked now and then, and no more.
  expect(disturbed.ran.get('svc-2@svc.test')).toBeLessThan(calls / 50)
}
