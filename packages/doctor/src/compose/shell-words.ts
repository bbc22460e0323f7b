/** What a text of a command line holds: words, and the signs between commands (`&&`, `;`, `|`), which are `null`. */
export function shellWords(text: string): (string | null)[] {
  const found: (string | null)[] = []
  for (const [whole, sign] of text.matchAll(/(&&|\|\||[;&|\n])|(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s;&|"'\\])+/gs)) {
    found.push(sign === undefined ? unquoted(whole) : null)
  }
  return found
}

/**
 * The words that Compose makes of a command that is one text. It runs no shell: at the first sign of one it stops reading.
 *
 * @returns the sign as well, where there is one
 */
export function composeWords(text: string): { readonly words: readonly string[]; readonly cutAt?: string } {
  const words: string[] = []
  for (const [whole, sign] of text.matchAll(
    /(\d*[<>]+|&&|\|\||[;&|])|(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s;&|<>"'\\])+/gs,
  )) {
    if (sign !== undefined) return { words, cutAt: sign }
    words.push(unquoted(whole))
  }
  return { words }
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs, (_whole, single, double, escaped) =>
    String(single ?? (double as string | undefined)?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped),
  )
}

const SHELL = /(?:^|\/)(?:ba|da|a|z|k)?sh$/

/** The commands that a list of words comes to, with those inside `sh -c "…"`; a word that is a sign parts them too. */
export function commandsOf(words: readonly string[]): string[][] {
  const commands: string[][] = [[]]
  const add = (word: string | null) => {
    if (word === null) commands.push([])
    else commands.at(-1)!.push(word)
  }
  const shell = words.findIndex((word) => SHELL.test(word))
  for (const [at, word] of words.entries()) {
    const isScript = shell !== -1 && at > shell && /^-\w*c$/.test(words[at - 1] ?? '')
    if (isScript) for (const one of [null, ...shellWords(word)]) add(one)
    else add(/^(?:&&|\|\||;|\||&)$/.test(word) ? null : word)
  }
  return commands.filter((command) => command.length > 0)
}
