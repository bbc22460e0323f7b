// Builds the site into `site/dist`, from the files of the repository and the declarations of the built packages. It asks no
// network. The pages work from a web server and from the disk alike.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readApi } from './api.mjs'
import { apiPage } from './api-page.mjs'
import { home } from './home.mjs'
import { layout } from './layout.mjs'
import { llmsIndex, summaryOf } from './llms.mjs'
import { createRenderer, read } from './markdown.mjs'
import { siteMap } from './pages.mjs'

const SITE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OUT = process.argv[2] ?? join(SITE, 'dist')

const { sections, packages } = siteMap(ROOT)
const api = readApi(ROOT, packages)
const pageOf = new Map(
  sections.flatMap(({ pages }) => pages.filter(({ file }) => file).map(({ file, page }) => [file, page])),
)
pageOf.set('README.md', 'index.html')
for (const { folder } of packages) pageOf.set(`packages/${folder}`, `packages/${folder}.html`)
for (const file of [...pageOf.keys()])
  if (/^examples\/.*README\.md$/.test(file)) pageOf.set(dirname(file), pageOf.get(file))
const tracked = new Set(['packages', 'docs', 'examples', ...files()])

const images = new Set()
const assets = {
  add(file) {
    images.add(file)
    return `images/${basename(file)}`
  },
}
const renderer = await createRenderer({
  root: ROOT,
  addressOf: (file) =>
    pageOf.get(file) ?? (/^[\w-]+(?:\/[\w-]+)*\.html$/.test(file) && hasPage(file) ? file : undefined),
  tracked: (path) => tracked.has(path),
})

const places = new Map()
for (const [folder, entries] of api) {
  for (const [index, { name, symbols }] of entries.entries()) {
    for (const symbol of symbols.filter(({ owner }) => owner === folder)) {
      const id = index === 0 ? symbol.name : `${name.replace(/^@/, '').replaceAll('/', '-')}-${symbol.name}`
      places.set(symbol.name, [...(places.get(symbol.name) ?? []), { folder, id, page: `api/${folder}.html` }])
    }
  }
}
const whereIs = (name, folder) => {
  const found = places.get(name) ?? []
  return found.find((each) => each.folder === folder) ?? found[0]
}

rmSync(OUT, { recursive: true, force: true })
const index = []
const rendered = []
for (const { title: part, pages } of sections) {
  for (const each of pages) {
    if (each.folder !== undefined) {
      const entries = api.get(each.folder)
      const made = apiPage({ ...each, name: each.title, entries, renderer, whereIs })
      each.summary = `every export of ${each.title}`
      rendered.push({ ...made, page: each.page, title: `${each.title}: API`, description: each.summary })
      for (const { id, heading, body } of made.sections)
        index.push([`${each.page}#${id}`, heading, `${each.title} · API`, body])
      continue
    }
    const markdown = read(ROOT, each.file)
    const made = renderer.render(markdown, { file: each.file, page: each.page, assets })
    each.title = made.title
    each.summary = summaryOf(markdown)
    rendered.push({ ...made, page: each.page, markdown, description: each.summary })
    for (const { id, level, ...found } of made.sections) {
      const heading = made.headings.find((one) => one.id === id).text
      index.push([level === 1 ? each.page : `${each.page}#${id}`, heading, level === 1 ? part : made.title, found.text])
    }
  }
}
const front = renderer.render(home(ROOT), { file: 'README.md', page: 'index.html', assets })
rendered.push({
  ...front,
  page: 'index.html',
  markdown: read(ROOT, 'README.md'),
  wide: true,
  description: summaryOf(read(ROOT, 'README.md')),
})

for (const each of rendered) {
  write(each.page, layout({ ...each, sections }))
  write(each.page.replace(/\.html$/, '.md'), each.markdown)
}
write('llms.txt', llmsIndex(ROOT, sections))
// A script, and not JSON, as a page from the disk may not fetch.
write('search-index.js', `window.searchIndex=${JSON.stringify(index)}\n`)
cpSync(join(SITE, 'theme'), OUT, { recursive: true })
cpSync(
  fileURLToPath(import.meta.resolve('minisearch').replace(/dist\/.*/, 'dist/umd/index.js')),
  join(OUT, 'minisearch.js'),
)
for (const file of images) {
  mkdirSync(join(OUT, 'images'), { recursive: true })
  cpSync(join(ROOT, file), join(OUT, 'images', basename(file)))
}
cpSync(join(ROOT, 'packages/page/page/page.svg'), join(OUT, 'icon.svg'))
console.log(`${rendered.length} pages, ${index.length} places in the search: ${join(OUT, 'index.html')}`)

function write(file, text) {
  mkdirSync(dirname(join(OUT, file)), { recursive: true })
  writeFileSync(join(OUT, file), text)
}

function hasPage(page) {
  return sections.some(({ pages }) => pages.some((each) => each.page === page))
}

/** All files of the repository, and the folders that they are in. */
function files() {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return list.split('\n').flatMap((file) => {
    const parts = file.split('/')
    return parts.map((_part, at) => parts.slice(0, at + 1).join('/'))
  })
}
