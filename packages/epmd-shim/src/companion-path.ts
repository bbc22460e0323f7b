import { fileURLToPath } from 'node:url'

/**
 * Where the companion stands: `dynsrv_epmd.erl`, the epmd module for stock Erlang and Elixir nodes.
 *
 * One file with no dependencies; compile it with `erlc` and start the node with
 * `-start_epmd false -epmd_module dynsrv_epmd`.
 */
export function companionPath(): string {
  return fileURLToPath(new URL('../beam/dynsrv_epmd.erl', import.meta.url))
}
