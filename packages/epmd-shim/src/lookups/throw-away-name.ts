/** `bin/app rpc`, `stop`, `restart` and `pid` start `rpc-XXXX-NAME`, `bin/app remote` starts `rem-XXXX-NAME`. */
const THROW_AWAY = /^(?:rpc|rem)-[0-9A-Za-z]+-(.+)$/

/** Whether a release script chose this alive name for a short-lived node that nobody dials. */
export function isThrowAwayName(alive: string): boolean {
  return alive.startsWith('rpc-') || alive.startsWith('rem-')
}

/** The alive name of the node that a release script's short-lived node works for; any other name is its own. */
export function releaseName(alive: string): string {
  return THROW_AWAY.exec(alive)?.[1] ?? alive
}
