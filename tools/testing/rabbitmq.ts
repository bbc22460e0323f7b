import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

export interface RabbitMqOptions {
  /** The full node name, `rabbit@127.0.0.1`. */
  readonly name: string
  readonly cookie: string
  /** Of the epmd, which must run already. */
  readonly epmdPort: number
}

/** A real RabbitMQ on loopback, with ports and data of its own. */
export interface RabbitMq extends AsyncDisposable {
  readonly name: string
  /** All that it printed since it was started first. */
  output(): string
  /** Starts it, again with the same data; resolves when it serves. */
  start(): Promise<void>
  /** Ends it as an operator does. */
  stop(): Promise<void>
  /** Ends it as a crash of the machine would. */
  kill(): Promise<void>
}

/** Prepares RabbitMQ, fetched from Debian once; it is not started yet. Disposing ends it and removes its data. */
export async function prepareRabbitMq({ name, cookie, epmdPort }: RabbitMqOptions): Promise<RabbitMq> {
  const { stdout } = await run(fileURLToPath(new URL('../peers/rabbitmq.sh', import.meta.url)))
  const program = join(stdout.trim(), 'rabbitmq-server')
  const folder = await mkdtemp(join(tmpdir(), 'dynsrv-rabbitmq-'))
  await writeFile(join(folder, 'plugins'), '[].')
  const [amqpPort, distPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    // The program sees this system's temporary folder as /tmp.
    RABBITMQ_MNESIA_BASE: inside(join(folder, 'data')),
    RABBITMQ_ENABLED_PLUGINS_FILE: inside(join(folder, 'plugins')),
    RABBITMQ_CONFIG_FILE: inside(join(folder, 'none')),
    RABBITMQ_CONF_ENV_FILE: inside(join(folder, 'none')),
    RABBITMQ_PID_FILE: inside(join(folder, 'pid')),
    RABBITMQ_LOGS: '-',
    // Then the script becomes the server, so that signals reach it.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: name,
    RABBITMQ_USE_LONGNAME: 'true',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqpPort),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-setcookie ${cookie} -start_epmd false`,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_CRASH_DUMP_SECONDS: '0',
  }
  let output = ''
  let running: { kill(signal: NodeJS.Signals): void; readonly exited: Promise<unknown> } | undefined
  const end = async (signal: NodeJS.Signals) => {
    running?.kill(signal)
    await running?.exited
    running = undefined
  }
  const start = async () => {
    const child = spawn(program, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = once(child, 'exit')
    running = { kill: (signal) => void child.kill(signal), exited }
    const before = output.length
    await new Promise<void>((resolve, reject) => {
      const hear = (text: string) => {
        output += text
        if (output.includes('Server startup complete', before)) resolve()
      }
      child.stdout.setEncoding('utf8').on('data', hear)
      child.stderr.setEncoding('utf8').on('data', hear)
      const ended = () => reject(new Error(`RabbitMQ did not start:\n${output.slice(before)}`))
      exited.then(ended, ended)
    })
  }
  return {
    name,
    output: () => output,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function inside(path: string): string {
  return join('/tmp', path.slice(tmpdir().length))
}
