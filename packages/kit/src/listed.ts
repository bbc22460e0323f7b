/**
 * Words as a sentence lists them: `a`, `a and b`, `a, b, and c`. `Intl.ListFormat` gives the same, but the first one that
 * a process makes costs it a sixth of the time that all of `@dynsrv/cluster` needs to load.
 */
export function listed(words: readonly string[], joint: 'and' | 'or'): string {
  if (words.length < 3) return words.join(` ${joint} `)
  return `${words.slice(0, -1).join(', ')}, ${joint} ${words.at(-1)}`
}
