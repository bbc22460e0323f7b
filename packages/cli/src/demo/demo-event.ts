/** One step of the demo's story. */
export interface StepId {
  readonly id: 'mesh' | 'toErlang' | 'toJavaScript' | 'removed' | 'added' | 'dnsDown' | 'dnsBack'
  readonly title: string
}

/** A node of the demo as the view shows it. */
export interface NodeView {
  readonly label: string
  readonly name: string
  /** What it runs on, such as `Node.js 20.19.0` or `Erlang/OTP 25`. */
  readonly runs: string
  readonly port: number
  readonly state: 'starting' | 'up' | 'left'
  /** Labels of the nodes that it says it is connected to. */
  readonly links: readonly string[]
}

/** What happens in the demo; the views print it, and `--json` shows it unchanged. */
export type DemoEvent =
  | {
      readonly type: 'start'
      readonly service: string
      readonly dns: string
      readonly pollingIntervalMs: number
      /** Whether real Erlang nodes take part; when not, why. */
      readonly erlang:
        | { readonly found: true; readonly release: string }
        | { readonly found: false; readonly why: string }
      readonly steps: readonly StepId[]
    }
  | { readonly type: 'node'; readonly node: NodeView }
  | { readonly type: 'dns'; readonly up: boolean }
  | { readonly type: 'record'; readonly change: 'added' | 'removed'; readonly record: string }
  | {
      readonly type: 'link'
      readonly from: string
      readonly to: string
      readonly up: boolean
      readonly reason?: string
    }
  | { readonly type: 'poll'; readonly from: string; readonly failures: number; readonly reason?: string }
  | { readonly type: 'problem'; readonly from: string; readonly to: string; readonly reason: string }
  | { readonly type: 'step'; readonly step: StepId['id']; readonly state: 'running' }
  | { readonly type: 'step'; readonly step: StepId['id']; readonly state: 'ok' | 'failed'; readonly text: string }
  | { readonly type: 'end'; readonly ok: boolean; readonly text: string; readonly seconds: number }
  | { readonly type: 'keep'; readonly title: string; readonly command: string; readonly afterwards?: string }
