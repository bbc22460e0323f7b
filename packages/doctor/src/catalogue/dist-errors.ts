import { DistError, type DistErrorCode } from '@dynsrv/dist-protocol'
import type { CodeWords } from '../words.ts'

const SEEN = {
  DIST_ALIVE: {
    happened: 'The peer believes that a connection is up already.',
    why: 'The old connection is half dead, or both nodes dialled each other.',
  },
  DIST_BAD_CONTROL: {
    happened: 'A message was not sent because it breaks the protocol.',
    why: 'It was made by hand, with a field that no peer understands.',
  },
  DIST_BAD_OPTION: { happened: 'An option could never work.', why: 'It has the wrong type or is out of range.' },
  DIST_BAD_STATE: {
    happened: 'A handshake machine was used after its end.',
    why: 'One machine serves one connection.',
  },
  DIST_CLOSED_BY_PEER: {
    happened: 'The peer closed the connection during the handshake.',
    why: 'It stopped, is not an Erlang node, or refuses our name.',
  },
  DIST_COOKIE_MISMATCH: {
    happened: 'The peer took our cookie and proved another one.',
    why: 'The two nodes have different cookies for each other.',
  },
  DIST_COOKIE_REJECTED: {
    happened: 'The peer closed after we had proved our cookie.',
    why: 'Its cookie is another one; in Erlang the same shows as a bare false.',
  },
  DIST_FLAGS_MISSING: {
    happened: 'The peer does not announce what every current node needs.',
    why: 'It runs OTP 24 or older, or is a library that knows too little.',
  },
  DIST_FRAGMENT_LIMIT: {
    happened: 'Too much of unfinished messages was held for a peer.',
    why: 'It sends very large messages, or many at once.',
  },
  DIST_FRAME_TOO_LARGE: {
    happened: 'A frame is longer than allowed.',
    why: 'A message is huge, or something else than distribution is spoken.',
  },
  DIST_MALFORMED: { happened: 'The peer sent bytes that make no sense.', why: 'It breaks the protocol.' },
  DIST_NAME_INVALID: {
    happened: 'A peer has a name that no node can have.',
    why: 'It is not an Erlang node, or was started with a broken name.',
  },
  DIST_NAME_MISMATCH: {
    happened: 'The node that answered calls itself otherwise than it was dialled.',
    why: 'The record leads to another node, or the same node is named by address here and by host there, in other letters, or short.',
  },
  DIST_NOK: {
    happened: 'The peer gave this attempt up.',
    why: 'Both nodes dialled at once, and the other dial goes on.',
  },
  DIST_NOT_ALLOWED: {
    happened: 'The peer refuses us before any cookie is shown.',
    why: 'It has an allow-list, or requires flags that we lack.',
  },
  DIST_NOT_DISTRIBUTION: {
    happened: 'Something else than an Erlang node listens there.',
    why: 'The SRV record names the web port, or a proxy or TLS is in front.',
  },
  DIST_REFLECTED: {
    happened: 'A peer showed us a challenge of our own.',
    why: 'An attacker who does not know the cookie sends us our own challenge, so that we prove the cookie to ourselves.',
  },
  DIST_TIMEOUT: {
    happened: 'The peer took the connection and then said nothing.',
    why: 'It hangs, is overloaded, or waits for TLS.',
  },
  DIST_UNEXPECTED_MESSAGE: { happened: 'The peer answered out of turn.', why: 'It does not follow the handshake.' },
} as const satisfies Readonly<Record<DistErrorCode, Omit<CodeWords, 'hint'>>>

/** The handshake and the link. What to do is the error's own hint. */
export const DIST_ERRORS = Object.fromEntries(
  Object.entries(SEEN).map(([code, seen]) => [code, { ...seen, hint: new DistError(code as DistErrorCode, '').hint }]),
) as Readonly<Record<DistErrorCode, CodeWords>>
