import { reasonText } from '@dynsrv/cluster'
import type { NodeReport } from '../peer/member-report.ts'
import type { Key } from '../terminal/keys.ts'

/** What a person has chosen to see of the members. */
export interface Choice {
  /** The words that a member must have in its name, its reason, or what it runs. */
  readonly filter: string
  /** Whether keys go into the filter. */
  readonly typing: boolean
  /** Only those that are not up. */
  readonly onlyDown: boolean
  /** The member that was chosen; it stays so when others come and go. Without one, the first. */
  readonly name?: string
  /** The first member that is shown. */
  readonly top: number
}

export const NOTHING_CHOSEN: Choice = { filter: '', typing: false, onlyDown: false, top: 0 }

/** A filter is a few words. */
const LONGEST_FILTER = 60

/** The members to see. Those that are missing come first: they are what a person looks for. */
export function chosenReports(reports: readonly NodeReport[], { filter, onlyDown }: Choice): readonly NodeReport[] {
  const words = filter.toLowerCase().split(' ')
  return reports
    .filter((report) => !(onlyDown && report.up))
    .filter((report) => words.every((word) => textOf(report).includes(word)))
    .toSorted((a, b) => Number(a.up) - Number(b.up))
}

function textOf({ name, up, visibility, runs = '', reason }: NodeReport): string {
  const why = up ? 'up' : `down ${reason?.code ?? ''} ${reasonText(reason)}`
  return `${name} ${visibility ?? ''} ${runs} ${why}`.toLowerCase()
}

/** Where the chosen member stands among those that are shown. */
export function placeOf(shown: readonly NodeReport[], { name }: Choice): number {
  return Math.max(
    0,
    shown.findIndex((report) => report.name === name),
  )
}

/** The choice, moved so that the chosen member is among the `room` members that fit on the screen. */
export function inView(choice: Choice, shown: readonly NodeReport[], room: number): Choice {
  const at = placeOf(shown, choice)
  const top = Math.min(Math.max(choice.top, at - room + 1), at, Math.max(0, shown.length - room))
  return { ...choice, top }
}

/**
 * What a key chooses.
 *
 * @param room how many members fit on the screen
 * @returns undefined for the key that ends
 */
export function afterKey(
  choice: Choice,
  { name, text }: Key,
  reports: readonly NodeReport[],
  room: number,
): Choice | undefined {
  if (choice.typing) {
    if (name === 'return' || name === 'enter') return { ...choice, typing: false }
    if (name === 'escape') return { ...choice, typing: false, filter: '' }
    if (name === 'backspace') return { ...choice, filter: [...choice.filter].slice(0, -1).join('') }
    if (text !== '') return { ...choice, filter: (choice.filter + text).slice(0, LONGEST_FILTER) }
  }
  const shown = chosenReports(reports, choice)
  const at = placeOf(shown, choice)
  const moved = (to: number): Choice => {
    const next = shown[Math.min(Math.max(to, 0), shown.length - 1)]
    return next === undefined ? choice : { ...choice, name: next.name }
  }
  if (name === 'up' || text === 'k') return moved(at - 1)
  if (name === 'down' || text === 'j') return moved(at + 1)
  if (name === 'pageup') return moved(at - room)
  if (name === 'pagedown' || text === ' ') return moved(at + room)
  if (name === 'home' || text === 'g') return { ...choice, ...moved(0), top: 0 }
  if (name === 'end' || text === 'G') return moved(shown.length - 1)
  if (text === '/') return { ...choice, typing: true }
  if (text === 'd') return { ...choice, onlyDown: !choice.onlyDown }
  if (name === 'escape') return { ...choice, filter: '', onlyDown: false }
  return text === 'q' ? undefined : choice
}
