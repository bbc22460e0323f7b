import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The real programs that the tests talk to, and the Debian packages that bring them. */
const PEERS = [
  { program: 'erl', packages: ['erlang-base', 'erlang-crypto', 'erlang-ssl'] },
  { program: 'erlc', packages: ['erlang-base'] },
  { program: 'elixir', packages: ['elixir'] },
  { program: 'dnsmasq', packages: ['dnsmasq-base'] },
]

/** Installs what is missing of the real peers; throws with the commands to type where it cannot. */
export function setUpPeers({ path = process.env.PATH ?? '', log = console.log } = {}) {
  const missing = PEERS.filter(({ program }) => !isOnPath(program, path))
  if (missing.length === 0) return
  const packages = [...new Set(missing.flatMap((peer) => peer.packages))]
  const names = missing.map(({ program }) => program).join(', ')
  if (process.getuid?.() !== 0 || !isOnPath('apt-get', path)) {
    throw new Error(
      `The tests talk to real peers, and these are not on the PATH: ${names}.\n` +
        `On Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}\n` +
        'Elsewhere: install Erlang/OTP 23 or newer, Elixir and dnsmasq, then run this again.',
    )
  }
  log(`Installing the real peers that are missing (${names}): ${packages.join(' ')}`)
  aptGet('update')
  aptGet('install', '-y', '--no-install-recommends', ...packages)
}

function isOnPath(program, path) {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function aptGet(...args) {
  const { status, error, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed: ${error ?? `${stdout}\n${stderr}`}`)
}
