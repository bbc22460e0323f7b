/** Makes the action of a command from what loads it, so that each is imported only when it runs. */
export type Run = <Options>(
  load: () => Promise<(options: Options, ...operands: string[]) => Promise<number>>,
) => (...given: unknown[]) => Promise<void>
