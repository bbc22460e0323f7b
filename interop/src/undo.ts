/** Disposes of what was given to it, the last one first; Node.js 20 has no `AsyncDisposableStack`. */
export class Undo implements AsyncDisposable {
  readonly #resources: AsyncDisposable[] = []

  /** Takes a resource over and gives it back. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#resources.push(resource)
    return resource
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let resource = this.#resources.pop(); resource !== undefined; resource = this.#resources.pop()) {
      await resource[Symbol.asyncDispose]()
    }
  }
}
