import { run } from './run.mjs'

/** Builds every package, or one and what it imports; what the build printed is shown only when it fails. */
export async function build({ only } = {}) {
  const filter = only === undefined ? [] : [`--filter=${only}`]
  const { code, output } = await run('turbo', 'run', 'build', ...filter, '--output-logs=errors-only', '--ui=stream')
  if (code !== 0) throw new Error(`The build failed.\n\n${output}`)
}
