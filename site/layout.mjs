// The frame of every page.
import { dirname, relative } from 'node:path'
import { escapeHtml } from './markdown.mjs'

const TOP = [
  ['guides/five-minutes.html', 'Start'],
  ['guides/index.html', 'Guides'],
  ['api/dynsrv.html', 'API'],
  ['errors.html', 'Errors'],
  ['comparison.html', 'Comparison'],
]

/** From one page of the site to another. */
export const to = (page, target) => relative(dirname(page), target)

/** @param sections the whole site, each page with its `title` */
export function layout({ page, title, html, headings = [], sections, wide = false, description }) {
  const base = to(page, 'index.html').replace(/index\.html$/, '')
  const current = (target) => (target === page ? ' aria-current="page"' : '')
  const menu = sections
    .filter(({ pages }) => pages.length > 0)
    .map(({ title: section, pages }) => {
      const open = pages.some((each) => each.page === page) || (wide && section === 'Guides') ? ' open' : ''
      const items = pages.map(
        (each) => `<li><a href="${to(page, each.page)}"${current(each.page)}>${escapeHtml(each.title)}</a></li>`,
      )
      return `<details${open}><summary>${section}</summary><ul>${items.join('')}</ul></details>`
    })
  const outline = headings.filter(({ level }) => level === 2 || level === 3)
  const contents =
    wide || outline.length < 3 || outline.length > 150
      ? ''
      : `<nav class="contents" aria-label="On this page"><p>On this page</p><ul>${outline
          .map(({ level, id, text }) => `<li class="level-${level}"><a href="#${id}">${escapeHtml(text)}</a></li>`)
          .join('')}</ul></nav>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title === 'dynsrv' ? 'dynsrv: Node.js in Erlang and Elixir clusters' : `${title} · dynsrv`)}</title>
<meta name="description" content="${escapeHtml(description ?? title)}">
<link rel="icon" href="${base}icon.svg">
<link rel="stylesheet" href="${base}site.css">
<script src="${base}theme.js"></script>
<script src="${base}site.js" defer></script>
</head>
<body data-base="${base}"${wide ? ' class="wide"' : ''}>
<a class="skip" href="#content">Skip to the content</a>
<header>
<button class="menu" type="button" aria-expanded="false" aria-controls="menu"><span aria-hidden="true">☰</span> Menu</button>
<a class="name" href="${base}index.html">dynsrv</a>
<nav class="top" aria-label="Main">${TOP.map(([target, text]) => `<a href="${to(page, target)}"${current(target)}>${text}</a>`).join('')}</nav>
<button class="search" type="button" aria-haspopup="dialog">Search <kbd>/</kbd></button>
<button class="theme" type="button">Dark</button>
</header>
<div class="frame">
<nav id="menu" aria-label="Pages">${menu.join('')}</nav>
<main id="content">
${html}
</main>
${contents}
</div>
<footer>MIT licence · <a href="https://github.com/dynsrv/dynsrv">source</a> · <a href="${base}llms.txt">llms.txt</a></footer>
<dialog aria-label="Search">
<form method="dialog"><input type="search" aria-label="Search the documentation" placeholder="An error code, a function, a word" autocomplete="off" spellcheck="false"><button>Close</button></form>
<p class="count" role="status"></p>
<ol></ol>
</dialog>
</body>
</html>
`
}
