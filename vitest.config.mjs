import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'interop', 'tools'],
    // A file that talks to a real peer waits for half of its time, so one more file runs than there are processors. Files may
    // meet: each takes free ports, folders and network namespaces of its own, and no one builds or touches `dist`.
    maxWorkers: availableParallelism() + 1,
  },
})
