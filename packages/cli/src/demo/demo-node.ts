/** How long a node may take to start, in milliseconds; then its process is ended. */
export const START_TIMEOUT_MS = 15_000

/** What a node of the demo reports about itself. */
export interface DemoNodeEvents {
  link(change: { readonly peer: string; readonly up: boolean; readonly reason?: string }): void
  /** A finished poll of DNS; `failures` in a row, 0 when it was answered. */
  polled(result: { readonly failures: number; readonly reason?: string }): void
  /** A peer that could not be reached. */
  problem(problem: { readonly peer: string; readonly reason: string }): void
  ended(why: string): void
}

/** One node of the demo, a process of its own. */
export interface DemoNode {
  readonly name: string
  readonly port: number
  /** Names of the nodes that it is connected to, as it says itself. */
  readonly links: ReadonlySet<string>
  /** Sends a text to the process or mailbox `echo` of a peer and waits for the answer. */
  echo(peer: string, text: string): Promise<{ text: string; microseconds: number }>
  /** Leaves the cluster in order; resolves when the process has ended. */
  leave(): Promise<void>
}
