import os from 'node:os'

/** What the process was started with, and where it can say something. */
export interface System {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The working directory. */
  folder(): string
  homeFolder(): string
  hostName(): string
  /** How much memory the process may take: that of the machine, or of its container. Unit: bytes; default: no bound. */
  memoryBytes?(): number
  /**
   * Where the copies of one package that run in this process keep what they share. Default: `globalThis`. A simulator has one
   * for each of its processes.
   */
  readonly shared?: object
  /**
   * Calls back for a signal that the process gets, such as `SIGTERM`, until the function that it gives is called. Default: no
   * signal comes.
   */
  onSignal?(signal: string, listener: () => void): () => void
  /** Writes to the standard output. */
  print(text: string): void
  /** Warns the person who runs the process, as `process.emitWarning` does. */
  warn(message: string, options: { readonly code: string; readonly detail?: string }): void
}

/** The process that we are. */
export const realSystem: System = {
  env: process.env,
  folder: () => process.cwd(),
  homeFolder: () => os.homedir(),
  hostName: () => os.hostname(),
  memoryBytes() {
    // 0 or more than there is where nothing bounds it.
    const bound = process.constrainedMemory()
    const all = os.totalmem()
    return bound > 0 ? Math.min(bound, all) : all
  },
  onSignal(signal, listener) {
    process.on(signal, listener)
    return () => void process.off(signal, listener)
  },
  print: (text) => void process.stdout.write(text),
  warn: (message, options) => process.emitWarning(message, options),
}
