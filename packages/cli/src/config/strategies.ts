import * as strategy from '@dynsrv/strategy'

/** The strategies that a configuration file can name: all that `@dynsrv/strategy` exports, by their names there. */
export const STRATEGIES: ReadonlyMap<string, strategy.SourceStrategy<object>> = new Map(
  Object.entries(strategy).flatMap(([name, made]) => (isStrategy(made) ? [[name, made] as const] : [])),
)

function isStrategy(made: unknown): made is strategy.SourceStrategy<object> {
  return typeof made === 'function' && 'optionNames' in made
}
