import { readFileSync } from 'node:fs'
import { testReadme } from '@dynsrv/tools/readme-blocks'
import { expect, it } from 'vitest'
import { METRICS, prometheusName } from '../src/index.ts'

testReadme(new URL('../', import.meta.url))

it('the README lists every metric as it is', () => {
  const rows = readFileSync(new URL('../README.md', import.meta.url), 'utf8').match(/^\| `dynsrv_.*$/gm)
  const expected = Object.values(METRICS).map((metric) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${prometheusName(metric)}\` | ${metric.kind} | ${labels} | ${metric.description} |`
  })
  expect(rows).toStrictEqual(expected)
})
