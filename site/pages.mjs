// What the site is made of: each page is a file of the repository, or made here from what the repository says.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { publicPackages } from './api.mjs'
import { read } from './markdown.mjs'

/** The guides in the order of their own table of contents. */
function guidesOf(root) {
  const index = read(root, 'docs/guides/README.md')
  const named = [...index.matchAll(/\(((?:recipes\/)?[\w-]+\.md)\)/g)].map(([, file]) => file)
  const there = readdirSync(join(root, 'docs/guides'), { recursive: true }).filter((each) => each.endsWith('.md'))
  const unnamed = there.filter((each) => each !== 'README.md' && !named.includes(each))
  if (unnamed.length > 0) throw new Error(`docs/guides/README.md does not name ${unnamed.join(', ')}`)
  return [...new Set(named)]
}

/** @returns the sections of the site: `{ title, pages: [{ file, page }] }`; `file` is missing for what is made here */
export function siteMap(root) {
  const guides = guidesOf(root)
  const packages = publicPackages(root)
  const examples = readdirSync(join(root, 'examples')).filter((each) =>
    existsSync(join(root, 'examples', each, 'README.md')),
  )
  const document = (name, page = `${name}.html`) => ({ file: `docs/${name}.md`, page })
  const guide = (file) => ({ file: `docs/guides/${file}`, page: `guides/${file.replace(/\.md$/, '.html')}` })
  return {
    packages,
    sections: [
      {
        title: 'Guides',
        pages: [
          { file: 'docs/guides/README.md', page: 'guides/index.html' },
          ...guides.filter((each) => !each.startsWith('recipes/')).map(guide),
        ],
      },
      { title: 'Recipes', pages: guides.filter((each) => each.startsWith('recipes/')).map(guide) },
      {
        title: 'Reference',
        pages: [
          document('errors'),
          document('comparison'),
          document('membership'),
          document('search-list'),
          document('protocol'),
          document('state-machines'),
          document('architecture'),
          document('otp-suites'),
          document('changelog'),
          { file: 'CONTRIBUTING.md', page: 'contributing.html' },
        ].filter(({ file }) => existsSync(join(root, file))),
      },
      {
        title: 'Packages',
        pages: packages.map(({ folder }) => ({
          file: `packages/${folder}/README.md`,
          page: `packages/${folder}.html`,
        })),
      },
      {
        title: 'API',
        pages: packages.map(({ folder, name }) => ({ folder, title: name, page: `api/${folder}.html` })),
      },
      {
        title: 'Examples',
        pages: examples.map((each) => ({ file: `examples/${each}/README.md`, page: `examples/${each}.html` })),
      },
    ],
  }
}
