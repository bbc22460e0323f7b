import { basename, dirname, resolve } from 'node:path'
import { DynsrvError, dnsServer, explain } from '@dynsrv/cluster'
import { readNamed, type Timer } from '@dynsrv/kit'
import { startZoneServer, type ZoneRecord, type ZoneServer } from '@dynsrv/srv-resolver'
import type { Command } from '../command.ts'
import { repeated, withPrinting } from '../options/command-options.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { output } from '../terminal/output.ts'
import type { Span } from '../terminal/paint.ts'
import { timestamp } from '../terminal/wall-clock.ts'
import { clock, files } from '../world.ts'
import { memberRecords } from '../zone/member-records.ts'
import { parseRecords } from '../zone/parse-records.ts'

/** The options of `dynsrv dns`, as they were typed. */
export interface DnsOptions {
  readonly member?: readonly string[]
  /** The file of records, as the argument is. */
  readonly zone?: string
  readonly listen?: string
  readonly json?: boolean
  readonly plain?: boolean
}

/**
 * Serves records until a signal comes; a file is read again whenever it changes, a pipe once.
 *
 * @returns the exit code
 */
export async function dns(options: DnsOptions, file = options.zone): Promise<number> {
  using exit = exitSignal()
  const members = (options.member ?? []).flatMap(memberRecords)
  const records = [...members, ...(file === undefined ? [] : await readRecords(file))]
  if (records.length === 0 && file === undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', 'no records to serve', {
      hint: 'Give a file of records, or --member api-1@my-service.test:4370.',
    })
  }
  const [host, port] = listenAddress(options.listen)
  await using zone = await listening(() => startZoneServer({ host, port, records }))
  const out = output(options)
  const say = (fields: Record<string, unknown>, spans: readonly Span[]) =>
    out.json ? out.object({ time: timestamp(), ...fields }) : out.line(spans)

  const served = (what: string) => {
    const count = zone.records().length
    say({ type: what, address: zone.address, records: zone.records() }, [
      [`${count} ${count === 1 ? 'record' : 'records'}`, 'title'],
      ` at ${zone.address}, UDP and TCP`,
      [what === 'serving' ? '; Ctrl-C stops' : '; read again', 'quiet'],
    ])
  }
  served('serving')
  // What came out of a pipe is gone; nothing can change it.
  if (file !== undefined && (await files.facts(file)).isFile()) {
    const kept = (error: unknown) => {
      const { message } = explain(error)
      say({ type: 'reloadFailed', message }, [['kept the records as they were: ', 'warning'], message])
    }
    const reload = async () => {
      replace(zone, [...members, ...(await readRecords(file))])
      served('reloaded')
    }
    followFile(file, exit.signal, { changed: () => reload().catch(kept), failed: kept })
  }
  await exit.received
  return EXIT_OK
}

async function readRecords(file: string): Promise<ZoneRecord[]> {
  let text: string
  try {
    text = new TextDecoder().decode(await readNamed({ files, clock }, file))
  } catch (cause) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `cannot read ${file}: ${explain(cause).message}`, {
      hint: 'Give a JSON file with a list of records; dynsrv dns --help shows one.',
      cause,
    })
  }
  return parseRecords(text, file)
}

/** Editors replace a file rather than write into it, so the folder is watched. */
function followFile(
  file: string,
  signal: AbortSignal,
  { changed, failed }: { readonly changed: () => void; readonly failed: (error: Error) => void },
): void {
  const name = basename(file)
  let pending: Timer | undefined
  const touched = (entry: string | null) => {
    if (entry !== null && entry !== name) return
    clock.clearTimeout(pending)
    // One save is several events; the last one counts.
    pending = clock.setTimeout(changed, 50)
    pending.unref()
  }
  const watcher = files.watch(dirname(resolve(file)), touched, failed)
  signal.addEventListener('abort', () => watcher.close())
}

function replace(zone: ZoneServer, records: readonly ZoneRecord[]): void {
  zone.remove({})
  for (const record of records) zone.add(record)
}

function listenAddress(listen: string | undefined): [host: string, port: number] {
  if (listen === undefined) return ['127.0.0.1', 0]
  const address = dnsServer(listen)
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))]
}

async function listening(startServer: () => Promise<ZoneServer>): Promise<ZoneServer> {
  try {
    return await startServer()
  } catch (cause) {
    throw new DynsrvError('DYNSRV_LISTEN_FAILED', explain(cause).message, {
      hint: 'Choose another port; those below 1024 need root.',
      cause,
    })
  }
}

export const command: Command = {
  summary: 'serve SRV records for development, from flags or a file',
  group: 'Help on this machine',
  place: 18,
  declare: (declared, { runs }) =>
    withPrinting(
      declared
        .description('Serves DNS records over UDP and TCP, for development and tests.')
        .argument('[records.json]', 'file of records, read again whenever it changes')
        .addOption(
          repeated('--member <alive@service:port[=ip]>', 'a member; ip is 127.0.0.1 when left out; may be repeated'),
        )
        .option('--zone <file>', 'the file of records, by name')
        .option('--listen <host:port>', 'where to serve (default: 127.0.0.1 on any free port)'),
    )
      .addHelpText('after', HELP)
      .action(runs(dns)),
}

const HELP = `
Examples:
  Two members of one service, for development
  $ dynsrv dns --member api-1@my-service.test:4370 --member db-1@my-service.test:4371

  A file of records, read again whenever it changes, on a fixed port
  $ dynsrv dns zone.json --listen 127.0.0.1:8600

  zone.json:
  [{ "type": "SRV", "name": "my-service.test", "target": "api-1.my-service.test", "port": 4370 },
   { "type": "A", "name": "api-1.my-service.test", "address": "127.0.0.1" }]

  What another command prints
  $ dynsrv dns <(./records.sh)

Exit codes: 0 stopped by SIGINT or SIGTERM, 1 failed while running, 2 bad arguments or records.
`
