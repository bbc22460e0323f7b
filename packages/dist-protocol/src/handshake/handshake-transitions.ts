/** Where an initiator stands. */
export type InitiatorState = 'idle' | 'awaitingStatus' | 'awaitingChallenge' | 'awaitingAck' | 'connected' | 'failed'

/** What moves an initiator: its start, or a message with its verdict. */
export type InitiatorEvent =
  | 'start'
  | 'status ok'
  | 'status ok_simultaneous'
  | 'status named'
  | 'status alive'
  | 'status alive, keep the old'
  | 'status nok'
  | 'status not_allowed'
  | 'challenge'
  | 'challengeAck'

/** Where an acceptor stands. */
export type AcceptorState =
  | 'idle'
  | 'awaitingName'
  | 'awaitingStatusReply'
  | 'awaitingComplement'
  | 'awaitingReply'
  | 'connected'
  | 'failed'

/** What moves an acceptor: its start, or a message with our verdict on it. */
export type AcceptorEvent =
  | 'start'
  | 'sendName ok'
  | 'sendName ok, version 5'
  | 'sendName named'
  | 'sendName alive'
  | 'sendName nok'
  | 'sendName not_allowed'
  | 'statusReply true'
  | 'statusReply true, version 5'
  | 'statusReply false'
  | 'complement'
  | 'challengeReply'

/** For each state, the events it knows and where they lead. Whatever is not listed leads to `failed`. */
export type Transitions<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>

/** The whole handshake of the side that dials: by state, which event leads to which state. Any other event fails it. */
export const INITIATOR_TRANSITIONS: Transitions<InitiatorState, InitiatorEvent> = {
  idle: { start: 'awaitingStatus' },
  awaitingStatus: {
    'status ok': 'awaitingChallenge',
    'status ok_simultaneous': 'awaitingChallenge',
    'status named': 'awaitingChallenge',
    'status alive': 'awaitingChallenge',
    'status alive, keep the old': 'failed',
    'status nok': 'failed',
    'status not_allowed': 'failed',
  },
  awaitingChallenge: { challenge: 'awaitingAck' },
  awaitingAck: { challengeAck: 'connected' },
  connected: {},
  failed: {},
}

/** The whole handshake of the side that was dialled: by state, which event leads to which state. Any other event fails it. */
export const ACCEPTOR_TRANSITIONS: Transitions<AcceptorState, AcceptorEvent> = {
  idle: { start: 'awaitingName' },
  awaitingName: {
    'sendName ok': 'awaitingReply',
    'sendName ok, version 5': 'awaitingComplement',
    'sendName named': 'awaitingReply',
    'sendName alive': 'awaitingStatusReply',
    'sendName nok': 'failed',
    'sendName not_allowed': 'failed',
  },
  awaitingStatusReply: {
    'statusReply true': 'awaitingReply',
    'statusReply true, version 5': 'awaitingComplement',
    'statusReply false': 'failed',
  },
  awaitingComplement: { complement: 'awaitingReply' },
  awaitingReply: { challengeReply: 'connected' },
  connected: {},
  failed: {},
}
