import type { ErrorEntry } from '@dynsrv/cluster'
import type { OwnNodeErrorCode } from '@dynsrv/node'

/** The live node. What to do is the error's own hint. */
export const NODE_ERRORS = {
  NODE_ALREADY_LISTENING: { happened: 'A node was started twice.', why: 'Its parts serve one node.' },
  NODE_BAD_OPTION: { happened: 'An option of the node cannot work.', why: 'It has the wrong type or is out of range.' },
  NODE_CLOSED: { happened: 'A call was made on a node that is closed.', why: 'close() or drain() came before.' },
  NODE_CLOSED_BY_PEER: { happened: 'The peer ended the link.', why: 'It stopped, or disconnected us.' },
  NODE_CONNECTION_LOST: { happened: 'The link broke.', why: 'A crash, a reset, or the network.' },
  NODE_CONNECT_TIMEOUT: { happened: 'An address does not answer.', why: 'Something on the way drops the packets.' },
  NODE_DISCONNECTED: { happened: 'This side ended the link.', why: 'disconnect(), a strategy, or a closing node.' },
  NODE_EXITED: { happened: 'A process that was called ended.', why: 'It crashed or was stopped during the call.' },
  NODE_LISTEN_FAILED: {
    happened: 'The node could not listen.',
    why: 'The address is not of this machine, or the port needs root.',
  },
  NODE_LOOKUP_FAILED: {
    happened: 'A peer could not be looked up.',
    why: 'DNS or epmd failed, or does not know the name.',
  },
  NODE_MESSAGE_INVALID: {
    happened: 'A message cannot be sent.',
    why: 'It holds a value that no Erlang term stands for.',
  },
  NODE_NAME_TAKEN: { happened: 'A name is registered already.', why: 'Another process of this node has it.' },
  NODE_NOT_CONNECTED: { happened: 'The peer is not connected.', why: 'Nobody dialled it, or the link went down.' },
  NODE_NO_PROCESS: { happened: 'There is no such process.', why: 'It ended, or was never there (noproc).' },
  NODE_PANG: { happened: 'A connected peer did not confirm a ping.', why: 'Its net_kernel is busy or stopping.' },
  NODE_PARTITION_PREVENTED: {
    happened: 'A visible peer was dropped, or dropped us, to prevent overlapping partitions.',
    why: 'Two nodes of the cluster lost their link to each other; all others then drop one of them, as OTP 25 and later do.',
  },
  NODE_PEER_BUSY: { happened: 'Too much waits to be sent to a peer.', why: 'It reads slower than we send.' },
  NODE_PEER_NEVER_CAME: {
    happened: 'The peer said that it dials us itself, and did not come.',
    why: 'Both nodes dialled at once, and its dial hangs: it has a wrong address of ours, or something drops its packets.',
  },
  NODE_PORT_IN_USE: { happened: 'The port is taken.', why: 'Another program listens on it.' },
  NODE_REFUSED: {
    happened: 'The connection was refused.',
    why: 'The machine is there, and nobody listens on the port.',
  },
  NODE_REMOTE_ERROR: { happened: 'A function on another node raised.', why: 'The exception is in class and reason.' },
  NODE_REPLACED: {
    happened: 'A new connection of the same peer took over.',
    why: 'It restarted, or two nodes share a name.',
  },
  NODE_SELF: { happened: 'A node was asked to connect to itself.', why: 'Its own name was dialled.' },
  NODE_TICK_TIMEOUT: {
    happened: 'Nothing came from a peer for the tick time.',
    why: 'It hangs, or the network is cut.',
  },
  NODE_TIMEOUT: {
    happened: 'An answer did not come in time.',
    why: 'The other side is slow, or did not answer at all.',
  },
  NODE_TLS: { happened: 'The TLS handshake failed.', why: 'A certificate does not fit, or one side speaks no TLS.' },
  NODE_TOO_MANY_PROCESSES: {
    happened: 'The limit of processes is reached.',
    why: 'Mailboxes are opened and never closed.',
  },
  NODE_UNREACHABLE: { happened: 'There is no way to an address.', why: 'This machine has no route to that network.' },
} as const satisfies Readonly<Record<OwnNodeErrorCode, Omit<ErrorEntry, 'remedy'>>>
