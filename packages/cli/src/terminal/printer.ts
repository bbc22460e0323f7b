import { type Paint, painter, type Span, wantsColours } from './paint.ts'

/** Where a command writes: lines for a person, or one JSON object a line. */
export interface Printer {
  readonly json: boolean
  line(spans: readonly Span[]): void
  object(value: object): void
}

/** The printer that `--json` and `--plain` ask for, on standard output. */
export function printer({ json, plain }: { readonly json?: boolean; readonly plain?: boolean }): Printer {
  const paint: Paint = painter(plain !== true && wantsColours(process.stdout))
  return {
    json: json === true,
    line: (spans) => process.stdout.write(`${paint(spans).trimEnd()}\n`),
    object: (value) => process.stdout.write(`${JSON.stringify(value)}\n`),
  }
}

/** Milliseconds for a person: two digits below 10. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
