// An API page: every export with its signature, what it means and what its members mean; as HTML and as Markdown.
import { to } from './layout.mjs'
import { escapeHtml } from './markdown.mjs'

const TAGS = {
  param: 'Parameter',
  returns: 'Returns',
  throws: 'Throws',
  default: 'Default',
  see: 'See',
  defaultValue: 'Default',
  deprecated: 'Deprecated',
  example: 'Example',
  remarks: 'Remarks',
}

/**
 * @param entries what `readApi` found for the package
 * @param whereIs from the name of an export, seen from a package, to its page and anchor
 */
export function apiPage({ name, folder, page, entries, renderer, whereIs }) {
  const headings = []
  const sections = []
  const markdown = [`# ${name}: API`]
  const parts = [
    `<h1>${escapeHtml(name)}: API</h1>`,
    `<p><a href="${to(page, `packages/${folder}.html`)}">What it is and how it is used</a></p>`,
  ]
  for (const [index, entry] of entries.entries()) {
    if (index > 0) parts.push(`<h2 id="${idOf(entry.name)}" class="entry">${escapeHtml(entry.name)}</h2>`)
    const own = entry.symbols.filter(({ owner }) => owner === folder)
    const handedOn = entry.symbols.filter(({ owner }) => owner !== folder)
    if (handedOn.length > 0) parts.push(...handedOnList(handedOn))
    for (const symbol of own) {
      const id = index === 0 ? symbol.name : `${idOf(entry.name)}-${symbol.name}`
      headings.push({ level: 2, id, text: symbol.name })
      sections.push({ level: 2, id, text: searchText(symbol), name: symbol.name })
      parts.push(exportOf(symbol, id))
      markdown.push(markdownOf(symbol))
    }
  }
  return {
    html: parts.join('\n'),
    headings,
    sections: sections.map(({ name: text, text: body, id }) => ({ id, heading: text, body })),
    markdown: `${markdown.join('\n\n')}\n`,
  }

  function linkOf(type) {
    const found = whereIs(type, folder)
    return found === undefined ? undefined : `${to(page, found.page)}#${found.id}`
  }

  function exportOf(symbol, id) {
    const members = symbol.members.map(
      (each) =>
        `<dt><code>${escapeHtml(each.name)}</code></dt><dd>${renderer.prose(each.text, page)}${tags(each.tags)}</dd>`,
    )
    return `<section class="export"><h2 id="${id}">${escapeHtml(symbol.name)} <span class="kind">${symbol.kind.replace(/(?:e)?s$/, (end) => (symbol.kind === 'Classes' ? '' : end === 'es' ? 'e' : ''))}</span> <a class="anchor" href="#${id}" aria-label="Link to ${symbol.name}">#</a></h2>
${renderer.prose(symbol.text, page)}
${renderer.code(symbol.signature, 'ts', (type) => (type === symbol.name ? undefined : linkOf(type)))}
${tags(symbol.tags)}
${members.length > 0 ? `<dl>${members.join('')}</dl>` : ''}</section>`
  }

  function tags(list) {
    if (list.length === 0) return ''
    const items = list.map(({ name: tag, text }) => {
      if (tag === 'example') return renderer.prose(text, page)
      return `<p><strong>${TAGS[tag] ?? tag}</strong> ${renderer.inline(nameFirst(tag, text), page)}</p>`
    })
    return `<div class="tags">${items.join('')}</div>`
  }

  function handedOnList(symbols) {
    const groups = new Map()
    for (const each of symbols) groups.set(each.kind, [...(groups.get(each.kind) ?? []), each])
    return [
      '<p>Handed on from other packages, under the same names:</p>',
      ...[...groups].map(([kind, list]) => {
        const items = list.map(({ name: each }) => {
          const href = linkOf(each)
          const text = `<code>${escapeHtml(each)}</code>`
          return `<li>${href === undefined ? text : `<a href="${href}">${text}</a>`}</li>`
        })
        return `<h2 id="${kind.toLowerCase()}">${kind}</h2><ul class="names">${items.join('')}</ul>`
      }),
    ]
  }
}

/** A type in braces, and the name of a parameter, as code. */
const nameFirst = (tag, text) =>
  tag === 'param' ? text.replace(/^(\w+)(?: -)?/, '`$1`') : text.replace(/^\{([^}]+)\}/, '`$1`')

const idOf = (entry) => entry.replace(/^@/, '').replaceAll('/', '-')

const searchText = ({ text, members }) => [text, ...members.map((each) => `${each.name} ${each.text}`)].join(' ')

function markdownOf({ name, kind, text, signature, tags, members }) {
  const said = tags.map((each) => `- ${TAGS[each.name] ?? each.name}: ${each.text}`)
  const parts = members.map((each) => `- \`${each.name}\`: ${each.text}`)
  return [`## ${name} (${kind})`, text, `\`\`\`ts\n${signature}\n\`\`\``, said.join('\n'), parts.join('\n')]
    .filter((each) => each !== '')
    .join('\n\n')
}
