import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The real programs that the tests talk to, or files that they need of them, and the Debian packages that bring these. */
const PEERS = [
  { program: 'erl', packages: ['erlang-base', 'erlang-crypto', 'erlang-ssl'] },
  { program: 'erlc', packages: ['erlang-base'] },
  { program: 'elixir', packages: ['elixir', 'erlang-syntax-tools'] },
  { program: 'dnsmasq', packages: ['dnsmasq-base'] },
  { program: 'named', packages: ['bind9'] },
  { program: 'ip', packages: ['iproute2'] },
  { program: 'openssl', packages: ['openssl'] },
  { program: 'gcc', packages: ['gcc', 'libc6-dev'] },
  { program: 'erlang-depends', packages: ['erlang-dev'] },
  { program: 'javac', packages: ['default-jdk-headless'] },
  { program: '/usr/share/java/OtpErlang.jar', packages: ['erlang-jinterface'] },
  // The largest comes last.
  { program: 'chromium', packages: ['chromium', 'fonts-dejavu-core'] },
]

/** What only the long matrix needs: OTP's own C programs are compiled there, and a project of rebar3. */
const MORE_PEERS = [
  { program: 'cc', packages: ['gcc', 'libc6-dev'] },
  { program: 'rebar3', packages: ['rebar3'] },
]

/** What Debian asks before it starts the service of a package that it installs; 101 says no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d'

/** Installs what is missing of the real peers; throws with the commands to type where it cannot. */
export function setUpPeers({ all = false, path = process.env.PATH ?? '', log = console.log } = {}) {
  const missing = [...PEERS, ...(all ? MORE_PEERS : [])].filter(({ program }) => !isOnPath(program, path))
  if (missing.length === 0) return
  const packages = [...new Set(missing.flatMap((peer) => peer.packages))]
  const names = missing.map(({ program }) => program).join(', ')
  if (process.getuid?.() !== 0 || !isOnPath('apt-get', path)) {
    throw new Error(
      `The tests talk to real peers, and these are not on the PATH: ${names}.\n` +
        `On Debian, as root, they are installed by themselves: run this with sudo, or in a container of debian:bookworm, or\n` +
        `sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}\n` +
        'Elsewhere: install Erlang/OTP 25 or newer with JInterface, Elixir, a JDK, gcc, dnsmasq, BIND, iproute2, openssl and Chromium, then run this again.',
    )
  }
  log(`Installing the real peers that are missing (${names}): ${packages.join(' ')}`)
  aptGet('update')
  // The tests start their own servers on loopback; an installed one must not take port 53.
  const ours = !existsSync(SERVICE_POLICY)
  if (ours) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    aptGet('install', '-y', '--no-install-recommends', ...packages)
  } finally {
    if (ours) rmSync(SERVICE_POLICY)
  }
}

function isOnPath(program, path) {
  if (program.startsWith('/')) return existsSync(program)
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
