import { type ByteWriter, Pid, type Term, TermEncoder } from '@dynsrv/etf'
import { shown } from '@dynsrv/kit'
import {
  CONTROL,
  type ControlForm,
  type ControlForms,
  ControlWriter,
  type LinkNames,
} from '../control/control-codec.ts'
import type { ControlMessage } from '../control/control-message.ts'

import { DistError } from '../error.ts'
import { DFLAG_DIST_HDR_ATOM_CACHE, DFLAG_FRAGMENTS, DFLAG_NATIVE_RECORDS, DFLAG_V4_NC } from '../flags.ts'
import { ByteParts } from './byte-parts.ts'
import { HeaderWriter } from './distribution-header.ts'
import { EncodedTerm } from './encoded-term.ts'
import {
  FIRST_FRAGMENT,
  FRAGMENT_BYTES,
  FRAGMENT_PREFIX_BYTES,
  FURTHER_FRAGMENT,
  HEADER,
  PASS_THROUGH,
  VERSION,
} from './frame.ts'
import { borrowWriter, giveBackWriter } from './idle-writer.ts'
import { transcode } from './transcode.ts'

/** From here on a part of a frame travels as a chunk of its own rather than being copied behind the others. */
const OWN_CHUNK_BYTES = 16 * 1024

/** From here on a binary inside a term is handed to the socket as it is. Unit: bytes. */
const SHARED_BINARY_BYTES = 4 * 1024

/** Small frames are gathered in pieces of so much: what waits takes no more memory than it has bytes. Unit: bytes. */
const RUN_BYTES = 64 * 1024

/** What is on memory of more than this, and fills less than three quarters of it, gets memory to its measure. Unit: bytes. */
const LOOSE_BYTES = 256 * 1024

/** What stands in front of the bytes of a later fragment, the frame's length included. */
const FURTHER_PREFIX_BYTES = 4 + FRAGMENT_PREFIX_BYTES

/** The term that goes with a control message, when there is one. */
type Payload = readonly [payload?: Term | EncodedTerm]

/** A message of which some fragments are still to be written. */
interface Unfinished {
  readonly sequence: number
  /** Whose later signals must not overtake it. */
  readonly sender: Pid | undefined
  /** What is still to be written. */
  readonly body: ByteParts
  /** The number of the next fragment, counting down to 1. */
  next: number
}

/**
 * Messages to frames, in the framing that the negotiated flags fix.
 *
 * Large payloads are cut into fragments, and what other processes send meanwhile goes between them; what one process
 * sends stays in order.
 */
export class FrameWriter {
  readonly #control: ControlWriter
  readonly #forms: ControlForms
  readonly #hasHeader: boolean
  readonly #fragments: boolean
  readonly #header: HeaderWriter | undefined
  readonly #encoder: TermEncoder
  readonly #records: boolean
  readonly #largeIds: boolean
  readonly #shareFrom: number
  /** The run of small frames; undefined when there is none. */
  #out: ByteWriter | undefined
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  #unfinished: Unfinished[] = []
  #unfinishedBytes = 0
  #sequence = 0

  /**
   * @param flags the negotiated flags
   * @param peerFlags all that the peer announced
   * @param shareFrom the least length at which a binary is not copied
   */
  constructor(flags: bigint, peerFlags: bigint, link: LinkNames, shareFrom = SHARED_BINARY_BYTES) {
    const atomCache = (flags & DFLAG_DIST_HDR_ATOM_CACHE) !== 0n
    this.#forms = CONTROL.formsFor(flags)
    this.#shareFrom = shareFrom
    this.#fragments = (flags & DFLAG_FRAGMENTS) !== 0n
    this.#hasHeader = atomCache || this.#fragments
    // A header that names atoms on a link without atom cache crashes the peer's whole VM.
    this.#header = atomCache ? new HeaderWriter() : undefined
    this.#records = (peerFlags & DFLAG_NATIVE_RECORDS) !== 0n
    this.#largeIds = (peerFlags & DFLAG_V4_NC) !== 0n
    this.#encoder = new TermEncoder({
      atomRef: this.#header?.ref,
      records: this.#records,
      largeIds: this.#largeIds,
    })
    this.#control = new ControlWriter(this.#encoder, link)
  }

  /** Queues a message; when it throws, nothing was queued. */
  write(control: ControlMessage, payload: Payload): void {
    if (typeof control !== 'object' || control === null) {
      throw new DistError('DIST_BAD_CONTROL', `a control message is an object, not ${shown(control)}`)
    }
    const form = this.#forms.of(control.op)
    if (form.takesPayload !== payload.length > 0) {
      const problem = payload.length > 0 ? 'takes no payload' : 'needs a payload'
      throw new DistError('DIST_BAD_CONTROL', `${control.op} ${problem}`)
    }
    if (this.#outBytes >= RUN_BYTES) this.#cut()
    if (this.#hasHeader) this.#writeWithHeader(form, control, payload)
    else this.#writePassThrough(form, control, payload)
  }

  takes(op: string): boolean {
    return this.#forms.takes(op)
  }

  tick(): void {
    this.#open().u32(0)
  }

  get pendingBytes(): number {
    return this.#chunkBytes + this.#outBytes + this.#unfinishedBytes
  }

  /** Hands over what is queued; of unfinished messages only until `maxBytes` are reached. */
  take(maxBytes: number): Uint8Array[] {
    for (let turn = 0; this.#unfinished.length > 0 && this.#chunkBytes + this.#outBytes < maxBytes; turn++) {
      this.#emitFragment(this.#unfinished[turn % this.#unfinished.length]!)
    }
    this.#cut()
    if (this.#out !== undefined) giveBackWriter(this.#out)
    this.#out = undefined
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    return chunks
  }

  #writePassThrough(form: ControlForm, control: ControlMessage, payload: Payload): void {
    const out = this.#open()
    const start = out.length
    try {
      out.u32(0)
      out.u8(PASS_THROUGH)
      this.#writeBody(out, form, control, payload)
      out.setU32(start, out.length - start - 4)
    } catch (error) {
      out.truncate(start)
      throw error
    }
    if (out.sharedLength > 0) this.#cut()
  }

  /** The terms are written first, since the header lists the atoms that they turned out to need. */
  #writeWithHeader(form: ControlForm, control: ControlMessage, payload: Payload): void {
    const body = borrowWriter(this.#shareFrom)
    this.#header?.begin()
    try {
      this.#queue(control, body, this.#writeBodyOrAbandon(body, form, control, payload))
    } finally {
      giveBackWriter(body)
    }
  }

  #writeBodyOrAbandon(body: ByteWriter, form: ControlForm, control: ControlMessage, payload: Payload): number {
    try {
      return this.#writeBody(body, form, control, payload)
    } catch (error) {
      this.#header?.abandon()
      throw error
    }
  }

  #queue(control: ControlMessage, body: ByteWriter, controlBytes: number): void {
    const sender = 'from' in control && control.from instanceof Pid ? control.from : undefined
    if (this.#unfinished.length > 0) this.#finish(sender)
    if (this.#fragments && body.length - controlBytes > FRAGMENT_BYTES) {
      this.#emitFirstFragment(new ByteParts(body.takeParts().map(fitted)), controlBytes, sender)
      return
    }
    const out = this.#open()
    const start = out.length
    out.u32(0)
    out.u8(VERSION)
    out.u8(HEADER)
    this.#writeHeader(out)
    out.setU32(start, out.length - start - 4 + body.length)
    if (body.length < OWN_CHUNK_BYTES && body.sharedLength === 0) out.bytes(body.written())
    else this.#emit(body.takeParts().map(fitted))
  }

  /** @returns how many bytes of what was written are the control message */
  #writeBody(writer: ByteWriter, form: ControlForm, control: ControlMessage, payload: Payload): number {
    const start = writer.length
    const given = payload[0]
    if (form.inlinesReason) {
      this.#writeControl(writer, form, control, () => this.#writeGiven(writer, given))
      return writer.length - start
    }
    this.#writeControl(writer, form, control)
    const controlBytes = writer.length - start
    if (payload.length > 0) {
      if (!this.#hasHeader) writer.u8(VERSION)
      this.#writeGiven(writer, given)
    }
    return controlBytes
  }

  #writeControl(out: ByteWriter, form: ControlForm, control: ControlMessage, writeReason?: () => void): void {
    if (!this.#hasHeader) out.u8(VERSION)
    this.#control.write(out, form, control, writeReason)
  }

  #writeGiven(writer: ByteWriter, given: Term | EncodedTerm): void {
    if (!isEncoded(given)) this.#encoder.write(writer, given)
    else if (given.refusal !== undefined) throw given.refusal
    else if (given.decoded !== undefined) this.#encoder.write(writer, given.decoded.term)
    else {
      const atomRef = this.#header?.ref ?? INLINE
      transcode(given, writer, { atomRef, records: this.#records, largeIds: this.#largeIds })
    }
  }

  // Sequence 0 and fragment 0 crash some releases: both count from 1.
  #emitFirstFragment(body: ByteParts, controlBytes: number, sender: Pid | undefined): void {
    const out = this.#open()
    const start = out.length
    const sequence = ++this.#sequence
    const count = Math.ceil((body.length - controlBytes) / FRAGMENT_BYTES)
    const first = controlBytes + FRAGMENT_BYTES
    this.#fragmentPrefix(FIRST_FRAGMENT, sequence, count)
    this.#writeHeader(out)
    out.setU32(start, out.length - start - 4 + first)
    this.#emit(body.take(first))
    this.#unfinished.push({ sequence, sender, body, next: count - 1 })
    this.#unfinishedBytes += body.length + (count - 1) * FURTHER_PREFIX_BYTES
  }

  #emitFragment(message: Unfinished): void {
    const out = this.#open()
    const start = out.length
    const length = Math.min(FRAGMENT_BYTES, message.body.length)
    this.#fragmentPrefix(FURTHER_FRAGMENT, message.sequence, message.next)
    out.setU32(start, FRAGMENT_PREFIX_BYTES + length)
    this.#emit(message.body.take(length))
    message.next--
    this.#unfinishedBytes -= length + FURTHER_PREFIX_BYTES
    if (message.next === 0) this.#unfinished = this.#unfinished.filter((other) => other !== message)
  }

  /** Writes out what must not be overtaken by this sender's next signal: everything, when the sender is not known. */
  #finish(sender: Pid | undefined): void {
    for (const message of this.#unfinished) {
      if (sender !== undefined && message.sender !== undefined && !message.sender.equals(sender)) continue
      while (message.next > 0) this.#emitFragment(message)
    }
  }

  #fragmentPrefix(kind: number, sequence: number, fragment: number): void {
    const out = this.#open()
    out.u32(0)
    out.u8(VERSION)
    out.u8(kind)
    out.u32(Math.floor(sequence / 0x1_0000_0000))
    out.u32(sequence % 0x1_0000_0000)
    out.u32(0)
    out.u32(fragment)
  }

  #writeHeader(out: ByteWriter): void {
    if (this.#header === undefined) out.u8(0)
    else this.#header.write(out)
  }

  /** Puts the parts of a frame behind what is queued. */
  #emit(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      if (part.length < OWN_CHUNK_BYTES && part.length < this.#shareFrom) {
        this.#open().bytes(part)
        continue
      }
      this.#cut()
      this.#chunks.push(part)
      this.#chunkBytes += part.length
    }
  }

  #open(): ByteWriter {
    this.#out ??= borrowWriter(this.#shareFrom)
    return this.#out
  }

  get #outBytes(): number {
    return this.#out === undefined ? 0 : this.#out.length
  }

  /** Ends the run of small frames, so that what comes next follows it. */
  #cut(): void {
    if (this.#outBytes === 0) return
    this.#chunkBytes += this.#outBytes
    for (const chunk of this.#out!.takeParts()) this.#chunks.push(fitted(chunk))
  }
}

/** The same bytes on memory of about their own length: a writer that grew leaves much behind them. */
function fitted(bytes: Uint8Array): Uint8Array {
  const memory = bytes.buffer.byteLength
  return memory > LOOSE_BYTES && bytes.length < memory * 0.75 ? bytes.slice() : bytes
}

const INLINE = (): number => -1

/** Whether it is one; false for a proxy that throws, of which the encoder says what is wrong. */
function isEncoded(given: Term | EncodedTerm): given is EncodedTerm {
  try {
    return given instanceof EncodedTerm
  } catch {
    return false
  }
}
