/** Gathers an option that may be repeated, or given once with commas. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').map((part) => part.trim())]
}
