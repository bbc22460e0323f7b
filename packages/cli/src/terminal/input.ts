import { buffer } from 'node:stream/consumers'

/** Everything on standard input. @throws when it is a terminal: without an argument a person would wait for a prompt */
export async function standardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new Error('it is a terminal')
  return await buffer(process.stdin)
}
