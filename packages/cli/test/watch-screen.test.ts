import { describe, expect, it } from 'vitest'
import type { NodeReport } from '../src/peer/member-report.ts'
import type { Key } from '../src/terminal/keys.ts'
import { painter } from '../src/terminal/paint.ts'
import { afterKey, type Choice, chosenReports, NOTHING_CHOSEN } from '../src/watch/member-list.ts'
import { memberScreen } from '../src/watch/member-screen.ts'

const SIZES = [
  { columns: 60, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 20, rows: 6 },
]

function members(count: number): NodeReport[] {
  return Array.from({ length: count }, (_, at): NodeReport => {
    const member = { name: `web-${at + 1}@my-service.service.consul`, port: 4370 + at }
    if (at % 3 > 0) return { ...member, up: true, visibility: 'hidden', runs: 'OTP 29', latencyMs: 1.2 }
    const reason = {
      code: 'NODE_REFUSED',
      message: `127.0.0.1:${4370 + at} refused the connection: nothing listens there`,
      hint: 'Check that the peer runs, and that the port is right.',
    }
    return { ...member, up: false, reason }
  })
}

const pressed = (name: string, text = ''): Key => ({ name, text })
const typed = (text: string): Key[] => [...text].map((one) => pressed(one, one))

function choiceAfter(keys: readonly Key[], reports: readonly NodeReport[], room = 10): Choice | undefined {
  return keys.reduce<Choice | undefined>(
    (choice, key) => choice && afterKey(choice, key, reports, room),
    NOTHING_CHOSEN,
  )
}

function drawn(reports: readonly NodeReport[], choice: Choice, size: { columns: number; rows: number }) {
  const shown = { reports, label: 'my-service.service.consul', at: '12:00:00', keys: true }
  const { lines, ...rest } = memberScreen(shown, choice, size)
  const paint = painter(false)
  return { lines: lines.map((line) => paint(line, size.columns - 1)), ...rest }
}

describe('the keys of dynsrv watch', () => {
  const reports = members(300)
  const [first] = chosenReports(reports, NOTHING_CHOSEN)

  it.each([
    ['nothing', [], undefined],
    ['down', [pressed('down')], 'web-4'],
    ['down and up', [pressed('down'), pressed('up')], 'web-1'],
    ['up at the top', [pressed('up')], 'web-1'],
    ['a page', [pressed('pagedown')], 'web-31'],
    ['the end', [pressed('end')], 'web-300'],
    ['down at the end', [pressed('end'), pressed('down')], 'web-300'],
    ['the end and the top', [pressed('end'), pressed('home')], 'web-1'],
    ['j, k and the space', [...typed('j j'), pressed('k', 'k')], 'web-34'],
  ] as const)('%s', (_what, keys, label) => {
    expect(choiceAfter(keys, reports)?.name).toBe(label && `${label}@my-service.service.consul`)
  })

  it('filters by words of the name and of the reason while they are typed', () => {
    const choice = choiceAfter(typed('/refused web-10'), reports)!
    expect(choice.typing).toBe(true)
    expect(chosenReports(reports, choice).map(({ name }) => name.split('@')[0])).toEqual([
      'web-10',
      'web-100',
      'web-103',
      'web-106',
      'web-109',
    ])
    expect(afterKey(choice, pressed('backspace'), reports, 10)?.filter).toBe('refused web-1')
    const kept = afterKey(choice, pressed('return'), reports, 10)!
    expect(kept).toMatchObject({ typing: false, filter: 'refused web-10' })
    // The letters are keys again.
    expect(afterKey(kept, pressed('q', 'q'), reports, 10)).toBeUndefined()
    expect(afterKey(kept, pressed('escape'), reports, 10)?.filter).toBe('')
    expect(choiceAfter([...typed('/'), pressed('q', 'q')], reports)).toMatchObject({ filter: 'q' })
    expect(choiceAfter([...typed(`/${'x'.repeat(500)}`)], reports)?.filter.length).toBeLessThan(100)
  })

  it('moves while a filter that finds nothing is there', () => {
    for (const name of ['up', 'down', 'pageup', 'pagedown', 'home', 'end']) {
      expect(choiceAfter([...typed('/nothing'), pressed('return'), pressed(name)], reports)?.filter).toBe('nothing')
    }
    expect(choiceAfter([pressed('down')], [])).toEqual(NOTHING_CHOSEN)
  })

  it('shows only those that are down', () => {
    const choice = choiceAfter(typed('d'), reports)!
    expect(chosenReports(reports, choice)).toHaveLength(100)
    expect(chosenReports(reports, choiceAfter(typed('dd'), reports)!)).toHaveLength(300)
  })

  it('keeps to the chosen member when others come and go', () => {
    const choice = choiceAfter([pressed('down'), pressed('down')], reports)!
    const fewer = reports.filter(({ name }) => name !== first?.name)
    expect(afterKey(choice, pressed('down'), fewer, 10)?.name).toBe('web-10@my-service.service.consul')
  })
})

describe.each(SIZES)('the screen of dynsrv watch, $columns by $rows', (size) => {
  it.each([0, 1, 3, 300])('is never larger than the terminal with %i members', (count) => {
    const reports = members(count)
    for (const keys of [[], [pressed('end')], typed('/web'), typed('d'), typed('/nothing')]) {
      const { lines } = drawn(reports, choiceAfter(keys, reports) ?? NOTHING_CHOSEN, size)
      expect(lines.length).toBeLessThanOrEqual(size.rows)
      for (const line of lines) expect(line.length).toBeLessThan(size.columns)
    }
  })

  it('shows the member that is chosen, wherever it stands', () => {
    const reports = members(300)
    for (const keys of [
      [],
      [pressed('end')],
      [pressed('end'), pressed('pageup')],
      [pressed('pagedown'), pressed('up')],
    ]) {
      const { room } = drawn(reports, NOTHING_CHOSEN, size)
      const choice = choiceAfter(keys, reports, room)!
      const { lines } = drawn(reports, choice, size)
      const name = choice.name ?? 'web-1@'
      expect(lines.filter((line) => line.startsWith('› '))).toEqual([expect.stringContaining(name.slice(0, 6))])
    }
  })
})

it('shows all that is known of the chosen member, with an address that is whole', () => {
  const { lines } = drawn(members(300), NOTHING_CHOSEN, { columns: 60, rows: 24 })
  expect(lines[0]).toBe('200 of 300 up, 100 NODE_REFUSED')
  expect(lines).toContain('→ Check that the peer runs, and that the port is right.')
  expect(lines.map((line) => line.trim()).join('')).toContain('/docs/errors.md#NODE_REFUSED')
  expect(lines.at(-1)).toMatch(/\/ filter.*q quit/)
})
