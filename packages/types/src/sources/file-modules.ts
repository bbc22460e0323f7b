import { codeOf, filledText, listOf, messageOf, realWorld, type World } from '@dynsrv/kit'
import { readBeam } from '../beam/beam-file.ts'
import { checks } from '../checks.ts'
import { TypesError } from '../error.ts'
import type { CompiledModule, ModuleSource } from './module-source.ts'

/**
 * Compiled modules of this machine, each known by the name that stands in it.
 *
 * @param paths of `.beam` files
 * @throws {TypesError} `TYPES_BAD_OPTION`, `TYPES_BAD_BEAM` for a file that cannot be read
 */
export async function fileModules(
  paths: readonly string[],
  world: Pick<World, 'files'> = realWorld,
): Promise<ModuleSource> {
  checks.argument('fileModules', 'paths', listOf(filledText), paths)
  const known = new Map<string, CompiledModule>()
  for (const path of paths) {
    const bytes = await read(path, world)
    const { module } = readBeam(bytes, path)
    // The first one counts, as in a code path.
    if (!known.has(module)) known.set(module, { bytes, from: path })
  }
  return { find: async (module) => known.get(module) }
}

/** Modules in a folder of compiled ones, each in the file of its name. It is looked into when a module is wanted. */
export function folderModules(folders: readonly string[], world: Pick<World, 'files'> = realWorld): ModuleSource {
  checks.argument('folderModules', 'folders', listOf(filledText), folders)
  return {
    find: async (module) => {
      // A name with a slash would lead out of the folder.
      if (!/^[^/\\\0]+$/.test(module)) return undefined
      let failure: TypesError | undefined
      for (const folder of folders) {
        const path = `${folder}/${module}.beam`
        try {
          return { bytes: await world.files.read(path), from: path }
        } catch (cause) {
          // Another folder may have it; when none has, what could not be read is the cause.
          if (!NO_FILE.has(codeOf(cause) ?? '')) failure ??= unreadable(path, cause)
        }
      }
      if (failure !== undefined) throw failure
      return undefined
    },
  }
}

async function read(path: string, world: Pick<World, 'files'>): Promise<Uint8Array> {
  try {
    return await world.files.read(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** What the system says where no file of that name is, or can be. */
const NO_FILE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'])

function unreadable(path: string, cause: unknown): TypesError {
  return new TypesError('TYPES_BAD_BEAM', `${path} cannot be read: ${messageOf(cause)}`, { cause })
}
