import { advice, DynsrvError, dnsServer, explain, parsePort, serviceName } from '@dynsrv/cluster'
import { DynamicSrv, type EpmdServerDirectory, startEpmdServer } from '@dynsrv/epmd-shim'
import { dnsClient } from '@dynsrv/srv-resolver'
import type { Command } from '../command.ts'
import { repeated, withPrinting } from '../options/command-options.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { output } from '../terminal/output.ts'
import { system } from '../world.ts'

/** The options of `dynsrv epmd`, as they were typed. */
export interface EpmdOptions {
  readonly port?: string
  readonly host?: readonly string[]
  readonly service?: string
  readonly dns?: readonly string[]
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
  const { port, host: hosts = [], service, dns = [] } = options
  if (service === undefined && dns.length > 0) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', '--dns says where to ask, but no --service says for what', {
      hint: 'Add --service with the name that holds the SRV records, or leave out --dns.',
    })
  }
  using directory = service === undefined ? undefined : directoryOf(serviceName(service), dns)
  const out = output(options)
  await using server = await startEpmdServer({
    hosts,
    ...(directory !== undefined && { directory }),
    port: parsePort(port ?? system.env.ERL_EPMD_PORT ?? '4369', port === undefined ? 'ERL_EPMD_PORT' : '--port'),
    onError: (error) => {
      if (out.json) out.object({ type: 'failed', ...explain(error) })
      else out.line([['failed', 'warning'], `  ${advice(error)}`])
    },
  })
  const listening = ['127.0.0.1', ...hosts]
  if (out.json) out.object({ type: 'serving', port: server.port, hosts: listening })
  else {
    const also = service === undefined ? '' : `, and for nodes of this machine in SRV ${service}`
    const text = `  port ${server.port} of ${listening.join(', ')}${also}`
    out.line([['epmd', 'title'], text, ['; Ctrl-C stops', 'quiet']])
  }
  // `epmd -kill` ends it as well.
  await Promise.race([exit.received, server.closed])
  return EXIT_OK
}

/** Where the server looks for nodes that did not register. */
function directoryOf(service: string, dns: readonly string[]): EpmdServerDirectory & Disposable {
  const servers = dns.map(dnsServer)
  const resolver = dnsClient(servers.length === 0 ? {} : { servers })
  return { service, epmd: new DynamicSrv({ resolver, listenPort: 0 }), [Symbol.dispose]: () => resolver.close() }
}

export const command: Command = {
  summary: 'serve the names of the nodes of this machine, as epmd does',
  group: 'Help on this machine',
  place: 15,
  declare: (declared, { runs }) =>
    withPrinting(
      declared
        .description("Serves the names of this machine's nodes as Erlang's epmd does, byte for byte.")
        .option('--port <number>', 'port to listen on, else ERL_EPMD_PORT, else 4369')
        .addOption(repeated('--host <address>', 'address to listen on beside 127.0.0.1; may be repeated'))
        .option('--service <name>', 'answer also for nodes of this machine that are in the SRV records of this name')
        .addOption(repeated('--dns <host:port>', 'DNS server to ask, else those of /etc/resolv.conf; may be repeated')),
    )
      .addHelpText('after', HELP)
      .action(runs(epmd)),
}

const HELP = `
Examples:
  $ dynsrv epmd
  $ dynsrv epmd --host 0.0.0.0      for nodes of other machines too
  $ dynsrv epmd --service my-service.service.consul --dns 127.0.0.1:8600

Only nodes of this machine may register.
Exit codes: 0 stopped by SIGINT, SIGTERM or epmd -kill, 2 bad arguments or the port is taken.
`
