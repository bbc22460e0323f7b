import { nodeName } from '@dynsrv/epmd-shim'
import { type Discover, leaveAfter, type Membership, Strategy } from '@dynsrv/strategy'

/** Members come from a registry of our own, which answers a JSON list of node names. */
const registryNodes =
  (url: string): Discover =>
  async ({ signal }) => {
    const response = await fetch(url, { signal })
    // Reject when you do not know: an empty set would say that nobody is there.
    if (!response.ok) throw new Error(`the registry answered ${response.status}`)
    const names: string[] = JSON.parse(await response.text())
    return new Set(names.map((name) => nodeName(name)))
  }

/** Loop, back-off, leave policy and telemetry come with `Strategy`. */
export const registry = (membership: Membership, url: string) =>
  new Strategy(membership, { discover: registryNodes(url), leave: leaveAfter(3) })
