import type { Played } from './play.ts'
import type { Scene, Story } from './story.ts'

/**
 * Makes a story that breaks a rule as short as it gets while it still breaks the same rule: fewer scenes, shorter ones, fewer
 * members.
 *
 * @param tries how many stories may be played for it
 */
export async function shrink(
  story: Story,
  rule: string,
  play: (story: Story) => Promise<Played>,
  tries = 60,
): Promise<Story> {
  let best = story
  let left = tries
  const breaks = async (shorter: Story): Promise<boolean> => {
    if (left-- <= 0) return false
    const { broken } = await play(shorter)
    return broken.some((each) => each.rule === rule)
  }
  for (let isShorter = true; isShorter && left > 0; ) {
    isShorter = false
    for (const shorter of shorterThan(best)) {
      if (!(await breaks(shorter))) continue
      best = shorter
      isShorter = true
      break
    }
  }
  return best
}

/** Stories that are a little shorter, what takes most away first. */
function* shorterThan(story: Story): Generator<Story> {
  const { members, scenes } = story
  if (scenes.length > 2) yield { ...story, scenes: scenes.slice(0, Math.ceil(scenes.length / 2)) }
  for (let index = scenes.length - 1; index >= 0; index--) {
    yield { ...story, scenes: scenes.filter((_scene, each) => each !== index) }
  }
  if (members > 2) yield { ...story, members: members - 1 }
  if (story.visible) yield { ...story, visible: false }
  for (const [index, scene] of scenes.entries()) {
    for (const change of [{ forMs: round(scene.forMs / 2) }, { atMs: round(scene.atMs / 2) }]) {
      const next: Scene = { ...scene, ...change }
      if (next.forMs < 100 || (next.forMs === scene.forMs && next.atMs === scene.atMs)) continue
      yield { ...story, scenes: scenes.map((each, at) => (at === index ? next : each)) }
    }
  }
}

function round(ms: number): number {
  return ms > 2_000 ? Math.round(ms / 1_000) * 1_000 : Math.round(ms / 100) * 100
}
