import { readFileSync } from 'node:fs'
import { prometheusName, METRICS as TABLE } from '@dynsrv/metrics'
import { codeBlocks } from '@dynsrv/tools/readme-blocks'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const METRICS = Object.values(TABLE)
const RECIPES = new URL('../../docs/guides/recipes/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, RECIPES), 'utf8')

interface Panel {
  readonly title: string
  readonly type: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

const { panels } = JSON.parse(read('dynsrv-dashboard.json')) as { panels: readonly Panel[] }
const charts = panels.filter(({ type }) => type !== 'row')
const rules = codeBlocks(read('prometheus.md')).filter(({ code }) => code.startsWith('groups:'))
const alerts = rules.flatMap(({ code }) => {
  const { groups } = parse(code) as { groups: { rules: { alert: string; expr: string }[] }[] }
  return groups.flatMap((group) => group.rules.map(({ alert, expr }) => ({ title: alert, expr })))
})
const queries = [
  ...charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
  ...alerts,
]

/** What each name in a query may be, and the labels that it has. */
const series = new Map(
  METRICS.flatMap((metric) => {
    const name = prometheusName(metric)
    if (metric.kind !== 'histogram') return [[name, metric.labels] as const]
    return ['_bucket', '_sum', '_count'].map((end) => [name + end, [...metric.labels, 'le']] as const)
  }),
)
const named = (expr: string) => [...expr.matchAll(/\bdynsrv_\w+/g)].map(([name]) => name)

describe('the dashboard and the alerts', () => {
  it('has some', () => {
    expect(charts.length).toBeGreaterThan(20)
    expect(alerts.length).toBeGreaterThan(2)
  })

  it.each(queries)('$title asks for metrics that are there, by labels that they have: $expr', ({ expr }) => {
    const names = named(expr)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !series.has(name))).toEqual([])
    const labels = new Set(names.flatMap((name) => series.get(name) ?? []))
    const asked = [
      ...[...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label!),
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/)),
    ]
    expect(asked.filter((label) => !labels.has(label))).toEqual([])
  })

  it('shows every metric', () => {
    const shown = new Set(
      queries.flatMap(({ expr }) => named(expr)).map((name) => name.replace(/_(?:bucket|count)$/, '')),
    )
    expect(METRICS.map(prometheusName).filter((name) => !shown.has(name))).toEqual([])
  })

  it.each(charts)('$title is explained', ({ description = '' }) => {
    expect(description).toMatch(/^[A-Z].{20,}[.:]/)
  })

  it('has panels that do not overlap and fit into the 24 columns', () => {
    const cells = charts.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...charts.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24)
  })
})
