import { filledText, realWorld, variables, type World, worldShape } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { ResolverError } from '../error.ts'
import type { ClosableResolver } from '../resolver.ts'
import { zoneOfText } from './file.ts'
import { LoadedZone, zoneResolver } from './static.ts'

/** Options of {@link envResolver}. */
export interface EnvResolverOptions {
  /** Where the variable is read; default: the environment of the world. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Whose environment is read; default: that of the process. */
  readonly world?: World
}

const check = checks.options<EnvResolverOptions>('envResolver', {
  env: variables,
  world: worldShape,
})

/**
 * A resolver over an environment variable, `DYNSRV_RECORDS` when left out: hosts and zone lines as `parseZoneText` reads
 * them, separated by commas or line ends. It is read at each lookup.
 *
 * A variable that is not set rejects with `DNS_SOURCE_FAILED`; one that is set and empty is an empty zone. A line that is
 * wrong is left out, as in a file.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function envResolver(variable = 'DYNSRV_RECORDS', options: EnvResolverOptions = {}): ClosableResolver {
  checks.argument('envResolver', 'variable', filledText, variable)
  check(options)
  const { world = realWorld, env = world.system.env } = options
  let text: string | undefined
  let zone = new LoadedZone()
  return zoneResolver(`$${variable}`, async () => {
    const found = env[variable]
    if (found === undefined) {
      throw new ResolverError('DNS_SOURCE_FAILED', `the environment variable ${variable} is not set`, {
        hint: `Set ${variable}, for instance to "my-service.test SRV 0 0 4370 api-1.my-service.test, 10.0.0.5 api-1.my-service.test".`,
      })
    }
    if (found !== text) {
      zone = zoneOfText(found.replaceAll(',', '\n'), `$${variable}`)
      text = found
    }
    return zone
  })
}
