import { fileURLToPath } from 'node:url'

/** Elixir source that speaks to other nodes as Phoenix.PubSub does; `Code.compile_file` loads it. */
export const PHOENIX_PUBSUB: string = fileURLToPath(new URL('phoenix_pubsub.ex', import.meta.url))
