import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type Discover, type Discovery, withSubscribe } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { object, text } from '../options.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { listedNodes } from './epmd.ts'
import { sourceStrategy } from './source-strategy.ts'

/** A list of members in a file. */
export interface FileOptions {
  /** Node names with blanks, commas or line breaks between, `#` before a comment; or a JSON list of them. */
  readonly path: string
}

/** A list of members in the environment. */
export interface EnvOptions {
  /** The variable; default `DYNSRV_NODES`. Node names with blanks or commas between. */
  readonly variable?: string
  /** Where it is read, at every poll; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv
}

/** The nodes that a file lists. The loop asks at once when it changes, also when another file is moved into its place. */
export function fileNodes(path: string): Discover {
  return withSubscribe(
    async ({ signal }) => listIn(await read(path, signal)),
    (changed, { signal }) => {
      // The folder is watched, since editors and mounted config maps put a new file in the old one's place.
      const watcher = watch(dirname(path), { signal, persistent: false }, (_event, name) => {
        if (name === null || name === basename(path) || name === '..data') changed()
      })
      watcher.on('error', () => watcher.close())
    },
  )
}

/** Members are listed in a file that is watched. A file that cannot be read changes nothing. */
export const file = sourceStrategy<FileOptions>({
  owner: 'file',
  checks: { path: text },
  required: ['path'],
  leave: onDeregister,
  nodes: ({ path }) => fileNodes(path),
})

/** Members are listed in an environment variable. A variable that is not set is a failure, not an empty list. */
export const env = sourceStrategy<EnvOptions>({
  owner: 'env',
  checks: { variable: text, env: object },
  required: [],
  leave: onDeregister,
  nodes:
    ({ variable = 'DYNSRV_NODES', env: variables = process.env }) =>
    async () => {
      const value = variables[variable]
      if (value !== undefined) return listIn(value)
      throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `${variable} is not set`, {
        hint: `Set ${variable} to node names with commas between; empty for nobody.`,
      })
    },
})

async function read(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(path, { encoding: 'utf8', signal })
  } catch (cause) {
    signal.throwIfAborted()
    const why = cause instanceof Error ? cause.message : String(cause)
    const hint = 'Write node names into it, one a line.'
    throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `cannot read ${path}: ${why}`, { hint, cause })
  }
}

function listIn(list: string): Discovery {
  if (list.trimStart().startsWith('[')) return jsonList(list)
  const bare = list.replaceAll(/#.*/g, '')
  return listedNodes(bare.split(/[\s,]+/).filter((name) => name !== ''))
}

function jsonList(list: string): Discovery {
  const names = parsed(list)
  const texts = names.filter((name) => typeof name === 'string')
  const others = names.filter((name) => typeof name !== 'string')
  const { nodes, ignored = [] } = listedNodes(texts)
  return { nodes, ignored: [...ignored, ...others.map((other) => ({ target: shown(other), reason: 'it is no text' }))] }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80)
}

function parsed(list: string): unknown[] {
  const hint = 'Write a JSON list of texts, such as ["a@svc.test"].'
  try {
    const names: unknown = JSON.parse(list)
    if (Array.isArray(names)) return names
  } catch (cause) {
    throw new StrategyError('STRATEGY_SOURCE_MALFORMED', 'the list of members is no JSON', { hint, cause })
  }
  throw new StrategyError('STRATEGY_SOURCE_MALFORMED', 'the JSON of members is no list', { hint })
}
