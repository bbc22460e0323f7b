// What the programs share that stand in for OTP's: a node of ours where OTP's suites expect one.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'

/** The host part of every node; the suite's own node has the same. */
export const HOST = 'localhost'

/** The name with its host, as JInterface and `erl -sname` complete it. */
export const fullName = (alive) => (alive.includes('@') ? alive : `${alive}@${HOST}`)

/** What `~/.erlang.cookie` says. */
export const defaultCookie = () => readFileSync(join(process.env.HOME, '.erlang.cookie'), 'utf8').trim()

/** Starts a node, registered with the epmd of the suite. */
export function nodeNamed(alive, { cookie = defaultCookie(), ...options } = {}) {
  return startNode({ name: fullName(alive), shortNames: true, cookie, epmd: new ErlEpmd(), ...options })
}

/** Whether a peer answers a ping in time. */
export async function answers(node, peer, timeoutMs) {
  try {
    await node.ping(fullName(peer), { timeoutMs })
    return true
  } catch {
    return false
  }
}

/** Notes what went wrong where the runner of the suites finds it. */
export function note(...what) {
  const text = what.map((each) => (typeof each === 'string' ? each : inspect(each))).join(' ')
  appendFileSync(join(process.env.HOME, 'programs.log'), `${text}\n`)
}
