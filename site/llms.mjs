// llms.txt: where each page is, in one line, for programs that read.
import { section } from './home.mjs'
import { read } from './markdown.mjs'

/** The index, by the form that llmstxt.org describes; the pages are the Markdown files beside the HTML. */
export function llmsIndex(root, sections) {
  const readme = read(root, 'README.md')
  const [, tagline] = /^\*\*(.+)\*\*$/m.exec(readme)
  const lists = sections
    .filter(({ pages }) => pages.length > 0)
    .map(({ title, pages }) => {
      const lines = pages.map((each) => `- [${each.title}](${each.page.replace(/\.html$/, '.md')}): ${each.summary}`)
      return `## ${title}\n\n${lines.join('\n')}`
    })
  return `# dynsrv\n\n> ${tagline}\n\n${section(readme, 'Join a cluster')}\n\n${lists.join('\n\n')}\n`
}

/** The first sentence of a page, as one line. */
export function summaryOf(markdown) {
  const paragraphs = markdown
    .replace(/^```[\s\S]*?^```/gm, '')
    .split(/\n\s*\n/)
    .map((each) => each.trim())
  const first = paragraphs.find((each) => /^[^#|<>!-]/.test(each)) ?? ''
  const plain = first
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('**', '')
  return /^.*?[.:!?](?=\s[A-Z]|$)/.exec(plain)?.[0] ?? plain
}
