import { type Coded, docsOf, isCoded } from '@dynsrv/kit'

/** An error of a package in the words of the command line: its code stays, its message or its hint changes. */
export class Reworded extends Error {
  override readonly name = 'Reworded'
  readonly code: string
  readonly hint: string
  readonly category: Coded['category']
  readonly docs: string
  /** What follows on lines of their own. */
  readonly lines: readonly string[]

  constructor(
    cause: Pick<Coded, 'code' | 'category'> & { readonly message?: string },
    {
      message = cause.message ?? '',
      hint,
      lines = [],
    }: { readonly message?: string; readonly hint: string; readonly lines?: readonly string[] },
  ) {
    super(message, { cause })
    this.code = cause.code
    this.category = cause.category
    this.docs = docsOf(cause.code)
    this.hint = hint
    this.lines = lines
  }
}

/** Known by its name: the commands, which throw it, are built apart from what prints it. */
export function isReworded(error: unknown): error is Reworded {
  return isCoded(error) && error.name === 'Reworded'
}
