/** glibc takes blocks of this size from the kernel one by one, and gives each back. Unit: bytes. */
const LARGE_BYTES = 128 * 1024

/** Below the 32 MiB up to which glibc learns. Unit: bytes. */
const LARGEST_BYTES = 31 * 1024 * 1024

let done = false

/**
 * Has the C library keep the memory of large messages for the next ones, up to twice `LARGEST_BYTES`.
 *
 * Else each message of 1 MiB comes into memory that the kernel must clear first, a third of all that receiving it takes.
 * glibc learns from what is freed (`mallopt(3)`, `M_MMAP_THRESHOLD`: "dynamic mmap threshold"), so one block is made and
 * let go, which is never written to and so never there. Other C libraries do not care; `MALLOC_TRIM_THRESHOLD_` in the
 * environment, or any other of that page, is obeyed instead.
 *
 * @param bytes the room of a message that is under way
 */
export function keepMemory(bytes: number): void {
  if (done || bytes < LARGE_BYTES) return
  done = true
  Buffer.allocUnsafeSlow(LARGEST_BYTES)
}
