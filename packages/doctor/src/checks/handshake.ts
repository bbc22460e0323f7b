import { isIP } from 'node:net'
import { missingFlags } from '@dynsrv/dist-protocol'
import { codeOf } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { judgeForeignProtocol } from '../judge-foreign.ts'
import { isShort, judgeIntroduction } from '../judge-introduction.ts'
import { releaseByFlags } from '../kind-of-node.ts'
import { type CookieFact, cameAlong, cookieFact } from '../probes/cookie.ts'
import type { Introduction } from '../probes/handshake.ts'
import { type Link, links } from '../probes/links.ts'
import { addressText, type Knock, type KnockedPeer, knocked } from '../probes/peers.ts'

/** What kind of difference there is between the dialled name and the one that the peer gives itself. */
export function kindOfMismatch(dialled: string, name: string): 'case' | 'short' | 'address' | 'other' | undefined {
  if (dialled === name) return undefined
  if (dialled.toLowerCase() === name.toLowerCase()) return 'case'
  const [from, to] = [hostOf(dialled), hostOf(name)]
  if (isShort(from) !== isShort(to)) return 'short'
  return (isIP(from) === 0) === (isIP(to) === 0) ? 'other' : 'address'
}

type Mismatch = NonNullable<ReturnType<typeof kindOfMismatch>>

/** D05, D10, D12: peers that go by another name. A name that one of its addresses has right is fine. */
export function judgeNames(peers: readonly KnockedPeer[], kinds: readonly Mismatch[]): Finding[] {
  const wrong = introductions(peers).flatMap(({ name, at, peer }) => {
    const kind = kindOfMismatch(name, peer.name)
    return kind === undefined || !kinds.includes(kind) ? [] : [{ kind, name, at, peer }]
  })
  return wrong.map(({ kind, name, at, peer }) => {
    const same = wrong.filter((one) => one.peer.name === peer.name && addressText(one.at) === addressText(at))
    const alike = wrong.filter((one) => one.kind === kind)
    const said = judgeIntroduction(name, peer).find(({ code }) => code === 'DIST_NAME_MISMATCH')
    const hint =
      same.length > 1
        ? `${same.length} records lead to ${addressText(at)}, where ${peer.name} listens: give each the address and port of its own node.`
        : alike.length > 1
          ? HINTS[kind]
          : kind === 'address'
            ? `${HINTS.address} Here: dial ${peer.name}.`
            : said?.hint
    const evidence = [`${addressText(at)} answers as ${peer.name}`]
    const message = `dialled ${name}, it calls itself ${peer.name}`
    return finding('error', 'DIST_NAME_MISMATCH', message, {
      evidence,
      node: name,
      ...(hint !== undefined && { hint }),
    })
  })
}

/** What to do when several peers are named wrongly in the same way, which is one cause. */
const HINTS: Readonly<Record<Mismatch, string>> = {
  address: 'Name nodes by their address, or find them through SRV or epmd: a plain A record gives no names.',
  case: 'Only the case of letters differs: DNS ignores it, node names do not. Spell both alike.',
  other:
    'Start each node under the name that its record gives it (-name, RELEASE_NODE), or register it under the name that it has.',
  short:
    'They use short names (-sname), and Erlang never mixes short and long: start them with long ones, RELEASE_DISTRIBUTION=name and RELEASE_NODE.',
}

/** D16: peers that are too old, or refuse our flags. */
export function judgeFlags(peers: readonly KnockedPeer[]): Finding[] {
  const tooOld = introductions(peers).flatMap(({ name, peer }) =>
    judgeIntroduction(name, peer).filter(({ code }) => code === 'DIST_FLAGS_MISSING'),
  )
  const old = tooOld.map(({ message, hint }) => finding('error', 'DIST_FLAGS_MISSING', message, { hint }))
  return [...old, ...failed(peers, /^DIST_(NOT_ALLOWED|FLAGS_MISSING)$/)]
}

/** D16, the part between peers: a new node refuses one that we take. */
export function judgeFlagsBetween(peers: readonly KnockedPeer[]): Finding[] {
  const all = introductions(peers).filter(({ peer }) => missingFlags(peer.flags).length === 0)
  const [strict] = all.filter(({ peer }) => STRICT.test(releaseByFlags(peer.flags)))
  if (strict === undefined) return []
  return all.flatMap(({ name, peer }) => {
    const missing = missingFlags(peer.flags, 29)
    if (missing.length === 0) return []
    const release = releaseByFlags(strict.peer.flags)
    const message = `${name} lacks ${missing.join(', ')}, which ${strict.name} (${release}) requires: the two refuse each other`
    const hint = 'Run OTP 25 or later there; nodes of dynsrv connect to both.'
    const evidence = [`${name} has the flags of ${releaseByFlags(peer.flags)}`]
    return [finding('error', 'DIST_FLAGS_MISSING', message, { evidence, hint, node: name })]
  })
}

/** Releases that are told by their flags and require more than OTP 25 does. */
const STRICT = /^OTP 2[89]$/

/** D15: creations that come again. */
export function judgeCreations(peers: readonly KnockedPeer[]): Finding[] {
  return introductions(peers).flatMap(({ name, peer }) =>
    judgeIntroduction(name, peer)
      .filter(({ code }) => code === 'DYNSRV_SMALL_CREATION')
      .map(({ message, hint }) => finding('warning', 'DYNSRV_SMALL_CREATION', message, { hint, node: name })),
  )
}

/** D14: two live nodes under one name. */
export function judgeDuplicates(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    const live = knocks.flatMap((at) =>
      at.answer.ok && at.answer.value.name === name ? [{ at, peer: at.answer.value }] : [],
    )
    const creations = new Set(live.map(({ peer }) => peer.creation))
    if (creations.size < 2) return []
    const evidence = live.map(({ at, peer }) => `${addressText(at)} has creation ${peer.creation}`)
    return [
      finding('error', 'DOCTOR_DUPLICATE_NAME', `${creations.size} live nodes answer to ${name}`, {
        evidence,
        node: name,
      }),
    ]
  })
}

/** D07: peers that refuse our cookie, or prove another one. */
export function judgeCookies(all: readonly Link[], { source, fingerprint, cookie }: CookieFact): Finding[] {
  const refusing = all.filter(({ connected }) => !connected.ok && /^DIST_COOKIE/.test(codeOf(connected.error)))
  const agree = all.filter(({ connected }) => connected.ok).length
  const shared = [
    `our cookie comes from ${source}${fingerprint === undefined ? '' : `, fingerprint ${fingerprint}`}`,
    `${agree} of ${all.length} peers agree with it`,
  ]
  const came = agree === 0 && cookie.ok ? cameAlong(cookie.value) : undefined
  return refusing.map(({ name, connected }) => {
    const code = connected.ok ? '' : codeOf(connected.error)
    const mismatch = code === 'DIST_COOKIE_MISMATCH'
    const message = mismatch ? `${name} proves another cookie than ours` : `${name} refuses our cookie`
    const odd =
      agree === 0 ? 'Nobody agrees with our cookie: it is the one to change.' : 'Change the cookie of this node.'
    const hint =
      came === undefined
        ? `${odd} Give all nodes the same one; look for a line break or quotation marks that came along.`
        : `Take ${came} away: most likely only that keeps our cookie from being theirs.`
    const seen = came === undefined ? [] : [`our cookie begins or ends with ${came}, which came along by mistake`]
    const evidence = [...seen, 'its name, port and flags are right', ...shared]
    return finding('error', mismatch ? 'DIST_COOKIE_MISMATCH' : 'DIST_COOKIE_REJECTED', message, {
      evidence,
      hint,
      node: name,
    })
  })
}

/** D20 for links: what else kept a peer that had introduced itself from connecting. */
export function judgeLinks(all: readonly Link[]): Finding[] {
  return all.flatMap(({ name, connected }) =>
    connected.ok || /^DIST_COOKIE/.test(codeOf(connected.error))
      ? []
      : [findingOf(connected.error, 'error', { node: name })],
  )
}

interface Introduced {
  readonly name: string
  readonly at: Knock
  readonly peer: Introduction
}

/** The best word of each peer: the right one where there is one, else the first. */
function introductions(peers: readonly KnockedPeer[]): Introduced[] {
  return peers.flatMap(({ name, knocks, good }) => {
    const at = good ?? knocks.find(({ answer }) => answer.ok)
    return at?.answer.ok === true ? [{ name, at, peer: at.answer.value }] : []
  })
}

/** Peers of which no address introduced itself, by the first failure of this kind. */
function failed(peers: readonly KnockedPeer[], codes: RegExp): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const at = knocks.find((one) => !one.answer.ok && codes.test(codeOf(one.answer.error)))
    if (at === undefined || at.answer.ok) return []
    const { message, ...found } = findingOf(at.answer.error, 'error', { node: name })
    return [{ ...found, message: `${name} at ${addressText(at)}: ${message}` }]
  })
}

function hostOf(name: string): string {
  return name.slice(name.lastIndexOf('@') + 1)
}

async function introduced(context: DoctorContext): Promise<readonly KnockedPeer[]> {
  const peers = await context.get(knocked)
  if (!peers.some(({ knocks }) => knocks.some(({ answer }) => answer.ok))) throw new NotApplicable('no peer answers')
  return peers
}

export const HANDSHAKE_CHECKS: readonly Check[] = [
  check({
    id: 'D17',
    group: 'handshake',
    title: 'Erlang distribution speaks there',
    look: (context) => context.get(knocked),
    judge: judgeForeignProtocol,
  }),
  check({
    id: 'D16',
    group: 'handshake',
    title: 'flags that both sides need',
    look: (context) => context.get(knocked),
    judge: (peers) => [...judgeFlags(peers), ...judgeFlagsBetween(peers)],
  }),
  check({
    id: 'D12',
    group: 'handshake',
    title: 'names differ in more than case',
    look: introduced,
    judge: (peers) => judgeNames(peers, ['case']),
  }),
  check({
    id: 'D05',
    group: 'handshake',
    title: 'peers have the names that we dial',
    look: introduced,
    judge: (peers) => judgeNames(peers, ['address', 'short', 'other']),
  }),
  check({ id: 'D14', group: 'handshake', title: 'one node for one name', look: introduced, judge: judgeDuplicates }),
  check({
    id: 'D15',
    group: 'handshake',
    title: 'creations that do not come again',
    look: introduced,
    judge: judgeCreations,
  }),
  check({
    id: 'D07',
    group: 'handshake',
    title: 'the cookie is the same',
    needs: ['D19'],
    look: async (context) => ({ links: await context.get(links), cookie: await context.get(cookieFact) }),
    judge: ({ links: all, cookie }) => [...judgeCookies(all, cookie), ...judgeLinks(all)],
  }),
]
