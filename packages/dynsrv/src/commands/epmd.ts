import { startEpmdServer } from '@dynsrv/epmd-shim'
import { advice, explain } from '../explain.ts'
import { parsePort } from '../parse-port.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { printer } from '../terminal/printer.ts'

/** The options of `dynsrv epmd`, as they were typed. */
export interface EpmdOptions {
  readonly port?: string
  readonly host?: readonly string[]
  readonly json?: boolean
  readonly plain?: boolean
}

/**
 * Serves the names of the BEAM nodes of this machine, as the real epmd does, until a signal comes.
 *
 * @returns the exit code
 * @throws {EpmdError} `EPMD_LISTEN_FAILED`, `EPMD_BAD_OPTION`
 */
export async function epmd(options: EpmdOptions): Promise<number> {
  using exit = exitSignal()
  const { port, host: hosts = [] } = options
  const out = printer(options)
  await using server = await startEpmdServer({
    hosts,
    port: parsePort(port ?? process.env.ERL_EPMD_PORT ?? '4369', port === undefined ? 'ERL_EPMD_PORT' : '--port'),
    onError: (error) => {
      if (out.json) out.object({ type: 'failed', ...explain(error) })
      else out.line([['failed', 'warning'], `  ${advice(error)}`])
    },
  })
  const listening = ['127.0.0.1', ...hosts]
  if (out.json) out.object({ type: 'serving', port: server.port, hosts: listening })
  else {
    const text = `  port ${server.port} of ${listening.join(', ')}`
    out.line([['epmd', 'title'], text, ['; Ctrl-C stops', 'quiet']])
  }
  // `epmd -kill` ends it as well.
  await Promise.race([exit.received, server.closed])
  return EXIT_OK
}
