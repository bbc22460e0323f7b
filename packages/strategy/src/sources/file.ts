import { basename, dirname } from 'node:path'
import { filledText, messageOf, readSome, required, variables } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { type Asked, type Discover, type Discovery, sourceOf } from '../discover.ts'
import { StrategyError } from '../error.ts'
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
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * The nodes that a file lists. The loop asks at once when it changes, also when another file is moved into its place.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function fileNodes(path: string): Discover {
  checks.argument('fileNodes', 'path', filledText, path)
  return sourceOf(
    async (asked) => listIn(await read(path, asked)),
    (changed, { signal, world }) => {
      // The folder is watched, since editors and mounted config maps put a new file in the old one's place.
      const onChange = (name: string | null) => {
        if (name === null || name === basename(path) || name === '..data') changed()
      }
      // Without the watch, polls go on and report what is wrong.
      const watcher = world.files.watch(dirname(path), onChange, () => watcher.close())
      watcher.unref()
      signal.addEventListener('abort', () => watcher.close(), { once: true })
    },
  )
}

/** Members are listed in a file that is watched. A file that cannot be read changes nothing. */
export const file = sourceStrategy<FileOptions>({
  owner: 'file',
  rules: { path: required(filledText) },
  leave: onDeregister,
  nodes: ({ path }) => fileNodes(path),
})

/** Members are listed in an environment variable. A variable that is not set is a failure, not an empty list. */
export const env = sourceStrategy<EnvOptions>({
  owner: 'env',
  rules: { variable: filledText, env: variables },
  leave: onDeregister,
  nodes: ({ variable = 'DYNSRV_NODES', world, env: given = world.system.env }) =>
    sourceOf(async () => {
      const value = given[variable]
      if (value !== undefined) return listIn(value)
      throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `${variable} is not set`, {
        hint: `Set ${variable} to node names with commas between; empty for no members.`,
        fault: 'local',
      })
    }),
})

async function read(path: string, { signal, world }: Asked): Promise<string> {
  try {
    return new TextDecoder().decode(await readSome(world.files, path, { signal }))
  } catch (cause) {
    signal.throwIfAborted()
    throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Write node names into it, one a line: a regular file of 16 MiB at most.',
      fault: 'local',
      cause,
    })
  }
}

function listIn(list: string): Discovery {
  if (list.trimStart().startsWith('[')) return jsonList(list)
  const bare = list.replaceAll(/#.*/g, '')
  return listedNodes(bare.split(/[\s,]+/).filter((name) => name !== ''))
}

function jsonList(list: string): Discovery {
  const hint = 'Write a JSON list of strings, such as ["a@svc.test"].'
  let names: unknown
  try {
    names = JSON.parse(list)
  } catch (cause) {
    throw new StrategyError('STRATEGY_SOURCE_MALFORMED', 'the list of members is not JSON', { hint, cause })
  }
  if (Array.isArray(names)) return listedNodes(names)
  throw new StrategyError('STRATEGY_SOURCE_MALFORMED', 'the JSON of members is not a list', { hint })
}
