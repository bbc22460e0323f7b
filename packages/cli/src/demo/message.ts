/** What the demo sends to a member process. */
export type ToMember =
  | { readonly type: 'echo'; readonly to: string; readonly text: string }
  /** Leave in order and end. */
  | { readonly type: 'leave' }

/** What a member process sends to the demo. */
export type FromMember =
  | { readonly type: 'up'; readonly port: number }
  | { readonly type: 'echoed'; readonly text: string; readonly microseconds: number }
  | {
      readonly type: 'link'
      readonly peer: string
      readonly up: boolean
      readonly reason?: string
      /** All peers that it is now connected to. */
      readonly links: readonly string[]
    }
  | { readonly type: 'polled'; readonly failures: number; readonly reason?: string }
  | { readonly type: 'problem'; readonly peer: string; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

/** The arguments of a member process. The cookie comes in the environment, never on the command line. */
export interface MemberSettings {
  readonly name: string
  readonly service: string
  readonly dns: string
  readonly pollingIntervalMs: number
}
