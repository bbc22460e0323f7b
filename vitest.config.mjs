import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'

/** Where files start whole systems: one of three lines may take a minute, and would end alone were it among the last. */
const LONG = ['interop', 'beam']

/** Starts long files first, others by what was measured last time or by their size. */
class LongFirst extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files)
    const isLong = ({ project }) => LONG.includes(project.name)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    projects: ['packages/*', 'interop', 'tools'],
    // A file that talks to a real peer waits for half of its time, so one more file runs than there are processors. Files may
    // meet: each takes free ports, folders and network namespaces of its own, and none builds or touches `dist`.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongFirst },
  },
})
