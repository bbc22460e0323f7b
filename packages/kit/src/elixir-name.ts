const ELIXIR = 'Elixir.'

/** For a name that Elixir would have as that of a module, the name that the module has on the wire. */
export function elixirName(name: string): string | undefined {
  return /^[A-Z][\w]*(\.[A-Z]\w*)*$/.test(name) && name !== 'Elixir' && !name.startsWith(ELIXIR)
    ? `${ELIXIR}${name}`
    : undefined
}
