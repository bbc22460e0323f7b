import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Machines on one switch, each a network namespace of Linux; needs root and iproute2. */
export interface Network extends AsyncDisposable {
  /** Adds a machine with an address in 10.77.0.0/24 and a loopback of its own. */
  machine(label: string, ip: `10.77.0.${number}`): Promise<Machine>
}

export interface Machine {
  readonly ip: string
  /** The namespace, for `ip netns exec`. */
  readonly namespace: string
  /** Takes the cable out: packets are dropped without a word to either side. */
  cut(): Promise<void>
  heal(): Promise<void>
}

/**
 * A command in a machine's network that sees its own files where the system looks for its settings, `/etc/resolv.conf` for
 * instance: by path, where the file is that stands there instead.
 */
export function onMachine(
  { namespace }: Pick<Machine, 'namespace'>,
  files: Readonly<Record<string, string>>,
  command: readonly string[],
): readonly [command: string, ...args: string[]] {
  const entries = Object.entries(files)
  const mounts = entries.map((_, at) => `mount --bind "$${2 * at + 1}" "$${2 * at + 2}"`)
  const script = [...mounts, `shift ${2 * entries.length}`, 'exec "$@"'].join(' && ')
  const paths = entries.flatMap(([path, file]) => [file, path])
  return ['ip', 'netns', 'exec', namespace, 'unshare', '--mount', 'sh', '-c', script, 'sh', ...paths, ...command]
}

let made = 0

/** Lays a network; nothing of it is seen by the machine's own, and it is gone when its scope ends. */
export async function startNetwork(): Promise<Network> {
  const prefix = `dynsrv-${process.pid}-${++made}`
  const hub = `${prefix}-switch`
  const namespaces: string[] = []
  const add = async (namespace: string) => {
    await ip('netns', 'add', namespace)
    namespaces.push(namespace)
    await ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }
  const dispose = async () => {
    for (const namespace of namespaces.splice(0).reverse()) await ip('netns', 'delete', namespace)
  }
  try {
    await add(hub)
    await ip('-n', hub, 'link', 'add', 'switch', 'type', 'bridge')
    await ip('-n', hub, 'link', 'set', 'switch', 'up')
  } catch (error) {
    await dispose()
    throw error
  }
  const machine: Network['machine'] = async (label, address) => {
    const namespace = `${prefix}-${label}`
    const port = `port${namespaces.length}`
    await add(namespace)
    await ip('link', 'add', port, 'netns', hub, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    await ip('-n', hub, 'link', 'set', port, 'master', 'switch')
    await ip('-n', hub, 'link', 'set', port, 'up')
    await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    // The port leaves the switch and stays up: a link that is down would be told to the machine as "no route".
    const cut = () => ip('-n', hub, 'link', 'set', port, 'nomaster')
    const heal = () => ip('-n', hub, 'link', 'set', port, 'master', 'switch')
    return { ip: address, namespace, cut, heal }
  }
  return { machine, [Symbol.asyncDispose]: dispose }
}

async function ip(...args: readonly string[]): Promise<void> {
  try {
    await run('ip', args)
  } catch (cause) {
    throw new Error(`ip ${args.join(' ')} failed; network namespaces need root and iproute2`, { cause })
  }
}
