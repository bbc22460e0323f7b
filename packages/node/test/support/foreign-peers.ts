import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { COOKIE, freeName } from './beam-peer.ts'

/** A node that is no BEAM: it knows neither monitors nor spawns. */
export interface ForeignPeer extends AsyncDisposable {
  readonly name: string
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
}

const source = (file: string): string => fileURLToPath(new URL(`../foreign/${file}`, import.meta.url))

const LIBRARIES = '/usr/lib/erlang/lib'

let cNode: string | undefined

/** Compiles the C node once, with the `erl_interface` of Debian's `erlang-dev`. */
function compiledCNode(): string {
  if (cNode !== undefined) return cNode
  const found = readdirSync(LIBRARIES).find((name) => name.startsWith('erl_interface-'))
  const library = join(LIBRARIES, found!)
  const program = join(temporaryFolder('c-node'), 'c_node')
  const paths = [`-I${library}/include`, `-L${library}/lib`]
  execFileSync('gcc', [
    '-O1',
    '-Wall',
    '-D_REENTRANT',
    ...paths,
    '-o',
    program,
    source('c_node.c'),
    '-lei',
    '-lpthread',
  ])
  cNode = program
  return program
}

const JINTERFACE = '/usr/share/java/OtpErlang.jar'

let javaClasses: string | undefined

/** Compiles the Java node once: its class path. */
function compiledJavaNode(): string {
  if (javaClasses === undefined) {
    javaClasses = temporaryFolder('java-node')
    execFileSync('javac', ['-cp', JINTERFACE, '-d', javaClasses, source('JavaNode.java')])
  }
  return `${JINTERFACE}:${javaClasses}`
}

/** The ways to make a node that is no BEAM. */
export const FOREIGN = {
  'erl_interface (C)': (name: string, port: string) => start(name, compiledCNode(), [name, port, COOKIE]),
  JInterface: (name: string, port: string) =>
    start(name, 'java', ['-XX:TieredStopAtLevel=1', '-cp', compiledJavaNode(), 'JavaNode', name, port, COOKIE]),
} as const

/** Starts such a node on a free port of loopback. */
export async function startForeignPeer(kind: keyof typeof FOREIGN): Promise<ForeignPeer> {
  const name = await freeName('foreign')
  return FOREIGN[kind](name, /_(\d+)@/.exec(name)![1]!)
}

async function start(name: string, program: string, args: readonly string[]): Promise<ForeignPeer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await ready(child, program)
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { name, kill, [Symbol.asyncDispose]: kill }
}

async function ready(child: ChildProcess, program: string): Promise<void> {
  const lines = createInterface({ input: child.stdout! })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with code ${code}`)
  })
  await Promise.race([once(lines, 'line'), ended])
  ended.catch(() => undefined)
}
