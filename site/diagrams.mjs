// The state diagrams of the documentation, as graphs that Graphviz draws. Colours come from the page.

/** @returns the graph, and what it shows in words */
export function stateDiagram(mermaid) {
  const arrows = [...mermaid.matchAll(/^\s*(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: (.*))?$/gm)].map(
    ([, from, to, label]) => ({
      from: from === '[*]' ? 'begin' : from,
      to: to === '[*]' ? 'end' : to,
      label: label ?? '',
    }),
  )
  if (arrows.length === 0) throw new Error('a diagram without an arrow: only state diagrams can be drawn')
  // What leads from one state to another is one arrow with several labels.
  const joined = new Map()
  for (const { from, to, label } of arrows) {
    const key = `${from} ${to}`
    joined.set(key, [...(joined.get(key) ?? []), ...(label === '' ? [] : [label])])
  }
  const lines = [
    'rankdir=TB; bgcolor=transparent; nodesep=0.5; ranksep=0.45',
    'node [shape=box style=rounded fontname="Courier" fontsize=13 margin="0.14,0.05" height=0.4]',
    'edge [fontname="Courier" fontsize=11 arrowsize=0.7]',
    'begin [shape=circle label="" width=0.16 height=0.16 fixedsize=true style=filled fillcolor=black]',
    'end [shape=doublecircle label="" width=0.12 height=0.12 fixedsize=true style=filled fillcolor=black]',
    ...[...joined].map(([key, labels]) => {
      const [from, to] = key.split(' ')
      return `${from} -> ${to} [label="${labels.map((each) => ` ${each}\\l`).join('')}"]`
    }),
  ]
  const words = arrows.filter(({ label }) => label !== '').map(({ from, to, label }) => `${from} to ${to}: ${label}`)
  return { dot: `digraph {${lines.join('\n')}}`, words: words.join('; ') }
}
