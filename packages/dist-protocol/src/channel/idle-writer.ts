import { ByteWriter } from '@dynsrv/etf'

/** A writer that a large message made larger than this is let go with it. Unit: bytes. */
const KEPT_BYTES = 256 * 1024
/** How many are kept: one for the frames of a link, one for the frame that is being written. */
const KEPT_WRITERS = 2

const idle: ByteWriter[] = []

/**
 * An empty writer, to be given back with {@link giveBackWriter} as soon as its bytes are taken.
 *
 * All links share them, so that a link at rest has no buffer of its own.
 *
 * @param shareFrom the least length at which a binary inside a term is not copied
 */
export function borrowWriter(shareFrom: number): ByteWriter {
  const writer = idle.pop() ?? new ByteWriter()
  writer.shareFrom = shareFrom
  return writer
}

/** Takes a writer back; what it holds is dropped. */
export function giveBackWriter(writer: ByteWriter): void {
  writer.reset()
  if (idle.length < KEPT_WRITERS && writer.buffer.length <= KEPT_BYTES) idle.push(writer)
}
