import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { MemberPlace, MemberState, OwnState, SoakMember } from './soak-member.ts'

const PROGRAM = fileURLToPath(new URL('member.mjs', import.meta.url))

/** A node of ours in the soak, which also leaves in order. */
export interface OurMember extends SoakMember {
  /** Has no call under way any more, and begins none. */
  quiet(): Promise<void>
  leave(): Promise<void>
}

/** @throws {Error} with what it printed, when it ends by itself */
export async function startOurMember({ machine, ...settings }: MemberPlace): Promise<OurMember> {
  const { namespace } = machine
  const own = JSON.stringify({ ...settings, netTickTimeMs: 4_000 })
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '--expose-gc', PROGRAM, own])
  const exited = once(child, 'exit')
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const waiting: { resolve: (line: string) => void; reject: (reason: Error) => void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line))
  child.once('close', () => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${settings.label} ended by itself: ${complaint}`))
  })
  const answer = () => new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }))
  const ask = (command: string) => {
    const line = answer()
    child.stdin.write(`${command}\n`)
    return line
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  await answer()
  return {
    kind: 'dynsrv',
    state: async () => {
      const told = JSON.parse(await ask('state')) as Omit<MemberState, 'own'> & OwnState
      const { links, group, names, calls, wrong, unanswered, ...own } = told
      return { links, group, names, calls, wrong, unanswered, own }
    },
    quiet: async () => void (await ask('quiet')),
    leave: async () => {
      await ask('leave')
      await exited
    },
    signal: (signal) => void child.kill(signal),
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
