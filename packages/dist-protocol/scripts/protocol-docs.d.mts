import type * as Protocol from '@dynsrv/dist-protocol'

export const STATE_MACHINES_FILE: URL
export const PROTOCOL_FILE: URL
export function stateMachines(tables: Pick<typeof Protocol, 'INITIATOR_TRANSITIONS' | 'ACCEPTOR_TRANSITIONS'>): string
export function protocolSections(
  tables: Pick<
    typeof Protocol,
    | 'FLAG_TABLE'
    | 'VISIBLE_FLAGS'
    | 'HANDSHAKE_LAYOUTS'
    | 'OPCODE_TABLE'
    | 'flagNames'
    | 'Frame'
    | 'CHANNEL_LIMITS'
    | 'TICK_DEFAULTS'
  > & { readonly LARGEST_SMALL_CREATION: number },
): Record<'flags' | 'handshake' | 'opcodes' | 'frames' | 'ticks' | 'creations', string>
export function withSections(text: string, sections: Record<string, string>): string
