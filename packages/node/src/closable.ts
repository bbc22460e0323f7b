/** What can be taken back: with `close`, or with `using`. Nothing happens the second time. */
export interface Closable extends Disposable {
  close(): void
}

/** Makes one of the function that takes it back. */
export function closable(close: () => void): Closable {
  return { close, [Symbol.dispose]: close }
}
