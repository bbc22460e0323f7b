// Markdown as the pages of the site: coloured code, anchors as GitHub makes them, links that stay within the site.
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { instance } from '@viz-js/viz'
import MarkdownIt from 'markdown-it'
import { createHighlighter } from 'shiki'
import { stateDiagram } from './diagrams.mjs'

const THEMES = { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' }
const LANGUAGES = ['ts', 'js', 'sh', 'elixir', 'erlang', 'json', 'yaml', 'docker', 'promql', 'xml', 'ini']
const ALIASES = { bash: 'sh', typescript: 'ts', javascript: 'js', dockerfile: 'docker', promql: 'promql' }
const REPOSITORY = 'https://github.com/dynsrv/dynsrv'

/** As GitHub makes the anchor of a heading. */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

export const escapeHtml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/**
 * @param root the repository
 * @param addressOf from a file of the repository to its page of the site, if it has one
 * @param tracked whether a path of the repository is a file or folder in it
 */
export async function createRenderer({ root, addressOf, tracked }) {
  const codes = new Set([...read(root, 'docs/errors.md').matchAll(/<a id="([A-Z_]+)">/g)].map(([, code]) => code))
  const wanted = LANGUAGES.filter((each) => each !== 'promql')
  const highlighter = await createHighlighter({ themes: Object.values(THEMES), langs: wanted })
  const graphs = await instance()

  function code(text, language, linkOf) {
    const named = ALIASES[language] ?? language
    const lang = highlighter.getLoadedLanguages().includes(named) ? named : 'text'
    const linked = {
      span(node) {
        const [child] = node.children
        const name = child?.type === 'text' ? child.value.trim() : ''
        const href = /^[A-Z]\w+$/.test(name) ? linkOf?.(name) : undefined
        if (href === undefined) return
        const [before, after] = child.value.split(name)
        const link = { type: 'element', tagName: 'a', properties: { href }, children: [{ type: 'text', value: name }] }
        node.children = [{ type: 'text', value: before }, link, { type: 'text', value: after }]
      },
      pre(node) {
        node.properties.tabindex = '0'
      },
    }
    return highlighter.codeToHtml(text.replace(/\n$/, ''), {
      lang,
      themes: THEMES,
      defaultColor: false,
      transformers: [linked],
    })
  }

  function link(href, file, page) {
    if (/^[a-z]+:/.test(href) || href.startsWith('#')) return href
    const [path, fragment] = href.split('#')
    const target = normalize(join(dirname(file), path)).replace(/\/$/, '')
    const address = addressOf(target)
    const hash = fragment === undefined ? '' : `#${fragment}`
    if (address !== undefined) return `${relative(dirname(page), address) || address}${hash}`
    if (!tracked(target)) throw new Error(`${file} links to ${href}, which is not there`)
    return `${REPOSITORY}/tree/main/${target}${hash}`
  }

  /** @returns the HTML, its title, its headings, and its text by section for the search */
  function render(markdown, { file, page, assets }) {
    const md = new MarkdownIt({ html: true, linkify: false })
    const headings = []
    const used = new Map()
    md.renderer.rules.fence = (tokens, index) => {
      const { content, info } = tokens[index]
      const [language, name] = info.split(/\s/)
      if (language === 'mermaid') return figure(graphs, content)
      // A fence may name the file that the block is.
      const title = name?.includes('.') || name === 'Dockerfile' ? `<p class="file">${escapeHtml(name)}</p>` : ''
      return title + code(content, language)
    }
    md.renderer.rules.code_inline = errorCode(page)
    md.renderer.rules.table_open = () => '<div class="scroll" tabindex="0"><table>'
    md.renderer.rules.table_close = () => '</table></div>'
    // A heading of a column that says nothing is a cell.
    const cell = (tokens, index, options, _env, self) => {
      const content = tokens[index + (tokens[index].nesting === 1 ? 1 : -1)].content
      if (content === '') tokens[index].tag = 'td'
      return self.renderToken(tokens, index, options)
    }
    md.renderer.rules.th_open = cell
    md.renderer.rules.th_close = cell
    md.renderer.rules.heading_open = (tokens, index, options, _env, self) => {
      const inline = tokens[index + 1]
      const text = inline.children.map((each) => (each.type === 'html_inline' ? '' : each.content)).join('')
      const own = inline.children.map((each) => /<a id="([^"]+)">/.exec(each.content)?.[1]).find(Boolean)
      const base = own ?? anchorOf(text)
      const count = used.get(base) ?? 0
      used.set(base, count + 1)
      const id = count === 0 ? base : `${base}-${count}`
      tokens[index].attrSet('id', id)
      // The place that the Markdown gives is the heading's own here.
      inline.children = inline.children.filter((each) => !/^<a id=|^<\/a>/.test(each.content) || own === undefined)
      headings.push({ level: Number(tokens[index].tag[1]), text, id })
      return self.renderToken(tokens, index, options)
    }
    md.renderer.rules.heading_close = (tokens, index, options, _env, self) => {
      const { id, text, level } = headings.at(-1)
      const mark = level === 1 ? '' : ` <a class="anchor" href="#${id}" aria-label="Link to ${escapeHtml(text)}">#</a>`
      return mark + self.renderToken(tokens, index, options)
    }
    const tokens = md.parse(markdown, {})
    for (const each of walk(tokens)) {
      if (each.type === 'link_open') each.attrSet('href', link(each.attrGet('href'), file, page))
      if (each.type === 'image') {
        const source = normalize(join(dirname(file), each.attrGet('src')))
        each.attrSet('src', relative(dirname(page), assets.add(source)))
        each.attrSet('loading', 'lazy')
      }
    }
    const html = md.renderer.render(tokens, md.options, {})
    return { html, title: headings[0]?.text ?? file, headings, sections: sectionsOf(tokens, headings) }
  }

  /** Inline code; the code of an error links to its entry. */
  function errorCode(page) {
    return (tokens, index) => {
      const text = `<code>${escapeHtml(tokens[index].content)}</code>`
      const linked = tokens.slice(0, index).findLast(({ type }) => type.startsWith('link_'))?.type === 'link_open'
      if (!codes.has(tokens[index].content) || page === 'errors.html' || linked) return text
      return `<a href="${relative(dirname(page), 'errors.html')}#${tokens[index].content}">${text}</a>`
    }
  }

  const inline = (markdown, page) => {
    const md = new MarkdownIt()
    md.renderer.rules.code_inline = errorCode(page)
    return md.renderInline(markdown)
  }
  const prose = (markdown, page) => {
    const md = new MarkdownIt()
    md.renderer.rules.code_inline = errorCode(page)
    md.renderer.rules.fence = (tokens, index) => code(tokens[index].content, tokens[index].info.split(/\s/)[0])
    return md.render(markdown)
  }
  return { render, code, inline, prose }
}

function* walk(tokens) {
  for (const each of tokens) {
    yield each
    if (each.children) yield* walk(each.children)
  }
}

/** The text of a page by heading, for the search. */
function sectionsOf(tokens, headings) {
  const sections = []
  let next = 0
  let inHeading = false
  for (const token of tokens) {
    if (token.type === 'heading_open') {
      sections.push({ ...headings[next], body: [] })
      next += 1
      inHeading = true
    } else if (token.type === 'heading_close') inHeading = false
    else if (token.type === 'inline' && !inHeading) {
      const text = token.children
        .filter(({ type }) => type !== 'html_inline')
        .map(({ content, type }) => (type === 'softbreak' ? ' ' : content))
      sections.at(-1)?.body.push(text.join(''))
    } else if (token.type === 'fence' && token.info !== 'mermaid') sections.at(-1)?.body.push(token.content)
  }
  return sections.map(({ body, ...heading }) => ({ ...heading, text: body.join(' ').replaceAll(/\s+/g, ' ') }))
}

function figure(graphs, mermaid) {
  const { dot, words } = stateDiagram(mermaid)
  const svg = graphs
    .renderString(dot, { format: 'svg', engine: 'dot' })
    .replace(/^[\s\S]*?<svg/, '<svg')
    .replaceAll(/<title>[^<]*<\/title>| id="[^"]*"/g, '')
    // Graphviz knows no colour of the page.
    .replaceAll('="black"', '="currentColor"')
    .replace(
      /<svg width="(\d+)pt" height="(\d+)pt"/,
      (_all, width) => `<svg role="img" aria-label="${escapeHtml(words)}" style="width:${width}px"`,
    )
  return `<figure class="diagram scroll" tabindex="0">${svg}</figure>`
}

export const read = (root, file) => readFileSync(join(root, file), 'utf8')
