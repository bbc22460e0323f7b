import type { Beam } from '@dynsrv/tools/beam'
import { PHOENIX_PUBSUB } from '@dynsrv/tools/phoenix'
import { startElixirPeer } from './elixir-peer.ts'

/** A real Elixir node that speaks as Phoenix.PubSub does; its pubsub is `MyApp.PubSub`, once it is started. */
export async function startPhoenixPeer(label: string): Promise<Beam> {
  const beam = await startElixirPeer(label)
  await beam.eval(`Code.compile_file(${JSON.stringify(PHOENIX_PUBSUB)}); :ok`)
  return beam
}

/** Takes the next message of the evaluating process, which is the one that subscribes. */
export const RECEIVE = 'receive do message -> message after 20_000 -> :nothing end'
