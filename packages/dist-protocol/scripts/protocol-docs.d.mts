import type { ACCEPTOR_TRANSITIONS, FLAG_TABLE, INITIATOR_TRANSITIONS, OPCODE_TABLE } from '@dynsrv/dist-protocol'

export const STATE_MACHINES_FILE: URL
export const PROTOCOL_FILE: URL
export function stateMachines(tables: {
  INITIATOR_TRANSITIONS: typeof INITIATOR_TRANSITIONS
  ACCEPTOR_TRANSITIONS: typeof ACCEPTOR_TRANSITIONS
}): string
export function protocolSections(tables: {
  FLAG_TABLE: typeof FLAG_TABLE
  VISIBLE_FLAGS: bigint
  OPCODE_TABLE: typeof OPCODE_TABLE
}): Record<'flags' | 'opcodes', string>
export function withSections(text: string, sections: Record<string, string>): string
