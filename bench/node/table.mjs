export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const shown = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3))

/** Of a rate less is worse, of a time or a size more. */
const fall = ({ unit }, ratio) => ((unit.endsWith('/s') ? ratio : 1 / ratio) < 0.8 ? 'FELL' : '')

/**
 * The figures of erl, the ratio of each other peer to it round by round, and what was wanted, as aligned columns.
 *
 * Without erl all are compared with the first peer, and nothing is wanted; where the second is worse by more than a fifth, the row
 * says so.
 */
export function printTable({ rows, kinds, figures }) {
  const base = kinds.includes('erl') ? 'erl' : kinds[0]
  const hasGoals = base === 'erl'
  const others = kinds.filter((kind) => kind !== base)
  const lines = [['', 'unit', base, ...others, 'spread of ours', 'goal', '']]
  for (const row of rows) {
    const known = figures.get(`${(hasGoals && row.beside) || row.name} ${base}`)
    const cells = others.map((kind) => {
      const own = figures.get(`${row.name} ${kind}`)
      if (own === undefined) return { text: '' }
      if (known === undefined || (hasGoals && row.goal?.absolute)) return { text: shown(median(own)), values: own }
      const ratios = own.map((value, round) => value / known[round])
      return { text: median(ratios).toFixed(2), values: ratios }
    })
    const ours = cells[hasGoals ? others.indexOf('node') : 0]?.values
    const goal = hasGoals ? row.goal : undefined
    const { atLeast, atMost } = goal ?? {}
    const reached = ours && (atLeast === undefined ? median(ours) <= atMost : median(ours) >= atLeast)
    lines.push([
      row.name,
      row.unit,
      known === undefined ? '' : shown(median(known)),
      ...cells.map(({ text }) => text),
      ours === undefined ? '' : `${shown(Math.min(...ours))}–${shown(Math.max(...ours))}`,
      goal === undefined ? '' : atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`,
      ours === undefined || (hasGoals && goal === undefined)
        ? ''
        : hasGoals
          ? reached
            ? 'met'
            : 'missed'
          : fall(row, median(ours)),
    ])
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const isText = (column) => column < 2 || column >= lines[0].length - 1
  for (const line of lines) {
    const padded = line.map((cell, column) =>
      isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    )
    console.log(`| ${padded.join(' | ')} |`)
    if (line === lines[0]) {
      console.log(
        `|${widths.map((width, column) => (isText(column) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
      )
    }
  }
}
