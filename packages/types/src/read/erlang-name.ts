import { atom, inspect } from '@dynsrv/etf'

/** A type or function of a module as its language writes it: `inet:ip_address`, `MyApp.Stock.item`. */
export function qualified(module: string, name: string): string {
  if (module.startsWith('Elixir.')) return `${module.slice('Elixir.'.length)}.${name}`
  return `${inspect(atom(module))}:${inspect(atom(name))}`
}
