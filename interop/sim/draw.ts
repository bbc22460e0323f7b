import type { Act, Scene, Story } from './story.ts'

/** A stream of numbers that a seed repeats: mulberry32. */
export function numbersOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Draws a story: some members, and one to six things that are done to their world. */
export function drawStory(seed: number): Story {
  const number = numbersOf(seed)
  const between = (from: number, to: number): number => Math.round(from + number() * (to - from))
  const pick = <T>(values: readonly T[]): T => values[Math.floor(number() * values.length)]!
  const members = between(2, 6)
  const who = (): number => between(0, members - 1)
  const netTickTimeMs = pick([8_000, 60_000])
  // A story whose acts may cost no link shows best whether one is lost.
  const isCalm = number() < 0.4

  const all = Array.from({ length: members }, (_, index) => index)
  const someOf = (each: readonly number[]): number[] => {
    const some = each.filter(() => number() < 0.5)
    return some.length === 0 ? [0] : some
  }
  const acts: Readonly<Record<Act['do'], () => Act>> = {
    partition: () => {
      const side = someOf(all)
      const oneWay = number() < 0.3
      const rest = all.filter((each) => !side.includes(each))
      if (rest.length < 2 || number() < 0.6) return { do: 'partition', side, oneWay }
      return { do: 'partition', side: side.slice(0, 1), other: rest.slice(0, 1), oneWay }
    },
    flap: () => ({ do: 'flap', side: someOf(all), everyMs: pick([150, 1_000, 6_000]) }),
    crash: () => ({
      do: 'crash',
      who: who(),
      silent: number() < 0.4,
      port: pick(['new', 'same']),
      deaf: number() < 0.3,
    }),
    leave: () => ({ do: 'leave', who: who() }),
    freeze: () => ({ do: 'freeze', who: who() }),
    slow: () => ({ do: 'slow', who: who(), turnMs: pick([5, 50, 300]) }),
    jump: () => ({ do: 'jump', who: who(), ms: pick([-86_400_000, -60_000, 60_000, 86_400_000]) }),
    deregister: () => ({ do: 'deregister', who: who(), ...(number() < 0.5 && { deafMs: between(2_000, 12_000) }) }),
    deaf: () => ({ do: 'deaf', who: who() }),
    dns: () => ({
      do: 'dns',
      fault: pick([
        // What happens most comes most.
        ...([
          'servfail',
          'servfail',
          'servfail',
          'silence',
          'silence',
          'refused',
          'garbage',
          'nxdomain',
          'nodata',
          'wrongId',
          'foreignName',
        ] as const),
        ...(['truncate', 'rotate', 'loop', 'hugeCounts', 'formerr', 'notimp'] as const),
        { type: 'delay', ms: pick([500, 1_500, 4_000]) } as const,
        { type: 'trim', records: between(0, members - 1), pick: pick(['first', 'random']) } as const,
        { type: 'rotate', records: between(1, members) } as const,
        { type: 'rotate', records: Math.max(1, members - 2) } as const,
        { type: 'servfail', name: 'svc-1.svc.test' } as const,
        { type: 'silence', transport: pick(['udp', 'tcp']) } as const,
      ]),
    }),
    path: () => ({
      do: 'path',
      path: pick([{ loss: 0.05 }, { loss: 0.3 }, { latencyMs: 150, jitterMs: 100 }, { bytesPerSecond: 20_000 }]),
    }),
    disconnect: () => ({ do: 'disconnect', who: who(), peer: who() }),
    name: () => ({ do: 'name', who: who(), key: pick(['lock', 'leader']) }),
  }
  const calm = ['dns', 'dns', 'dns', 'deaf', 'jump', 'name', 'freeze', 'partition'] as const
  const rough = [
    ...(['partition', 'partition', 'flap', 'crash', 'crash', 'leave', 'freeze', 'slow', 'jump'] as const),
    ...(['deregister', 'deregister', 'deaf', 'dns', 'dns', 'path', 'disconnect', 'name'] as const),
  ]

  const scene = (atMs: number): Scene => {
    const kind = pick<Act['do']>(isCalm ? calm : rough)
    const act: Act = acts[kind]()
    let forMs = pick([between(100, 3_000), between(3_000, 30_000), between(30_000, 180_000)])
    if (isCalm && kind === 'freeze') forMs = between(100, netTickTimeMs * 0.45)
    // So long that it is noticed.
    const isPart = act.do === 'partition' && act.other !== undefined
    if (isPart && number() < 0.6) forMs = 2 * netTickTimeMs + between(25_000, 60_000)
    if (isCalm && kind === 'partition') forMs = between(100, netTickTimeMs * 0.19)
    // An answer that there is nobody is believed after ten minutes; no other one is, however long it goes on.
    if (act.do === 'dns') {
      const saysNobody = act.fault === 'nxdomain' || act.fault === 'nodata'
      forMs = saysNobody ? Math.min(forMs * 3, 480_000) : number() < 0.4 ? between(720_000, 1_000_000) : forMs * 3
    }
    return { ...act, atMs, forMs }
  }
  let atMs = 0
  const scenes = Array.from({ length: between(1, 6) }, () => {
    // Some come together, others one after another. The calm ones that cut or hold must not add up.
    atMs += isCalm ? 2 * netTickTimeMs + between(0, 60_000) : pick([between(0, 2_000), between(1_000, 120_000)])
    return scene(atMs)
  })
  const plainDns = number() < 0.25
  // Nothing shows such a client that an answer is the same part each time.
  const isShown = (each: Scene) =>
    !(plainDns && each.do === 'dns' && typeof each.fault === 'object' && each.fault.type === 'trim')
  return {
    seed,
    members,
    plainDns,
    visible: number() < 0.7,
    netTickTimeMs,
    pollingMs: pick([1_000, 5_000]),
    strangers: pick([0, 0, 0, 0, 0, 40]),
    backsOff: number() < 0.3,
    ...(number() < 0.15 && { cutTo: between(1, members) }),
    scenes: scenes.filter(isShown),
  }
}
