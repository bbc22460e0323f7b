// The colour scheme, the menu of small screens, and the search.
const base = document.body.dataset.base
const system = matchMedia('(prefers-color-scheme: dark)')
const themeButton = document.querySelector('button.theme')

const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark'
const nameTheme = () => {
  themeButton.textContent = isDark() ? 'Light' : 'Dark'
  themeButton.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours')
}
themeButton.addEventListener('click', () => {
  const next = isDark() ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  try {
    localStorage.setItem('theme', next)
  } catch {
    // It lasts for this page only.
  }
  nameTheme()
})
system.addEventListener('change', nameTheme)
nameTheme()

const menuButton = document.querySelector('button.menu')
menuButton.addEventListener('click', () => {
  const open = document.body.classList.toggle('menu-open')
  menuButton.setAttribute('aria-expanded', String(open))
})
document.querySelector('#menu [aria-current]')?.scrollIntoView({ block: 'nearest' })

const dialog = document.querySelector('dialog')
const input = dialog.querySelector('input')
const list = dialog.querySelector('ol')
const count = dialog.querySelector('.count')
let search

const load = (source) =>
  new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = base + source
    script.onload = resolve
    script.onerror = () => reject(new Error(`${source} cannot be loaded`))
    document.head.append(script)
  })

/** Letters and digits make words; a name in capitals or camel case is found by its parts, too. */
const words = (text) => [
  ...text.split(/[^\p{L}\p{N}_]+/u).filter(Boolean),
  ...(text.match(/\w*_\w+|\w+[a-z][A-Z]\w*/g) ?? []).flatMap((each) => each.split(/_|(?<=[a-z])(?=[A-Z])/)),
]

const ready = async () => {
  if (search !== undefined) return
  await Promise.all([load('minisearch.js'), load('search-index.js')])
  search = new MiniSearch({
    fields: ['heading', 'page', 'text'],
    storeFields: ['url', 'heading', 'page', 'text'],
    tokenize: words,
    searchOptions: {
      boost: { heading: 5, page: 2 },
      // Whole pages first, then their parts; the reference is for those who know the name.
      boostDocument: (_id, _term, { url }) => (/^(?:api|examples)\//.test(url) ? 0.7 : url.includes('#') ? 1 : 2),
      prefix: true,
      fuzzy: 0.15,
      combineWith: 'AND',
    },
  })
  search.addAll(searchIndex.map(([url, heading, page, text], id) => ({ id, url, heading, page, text })))
}

/** The text around the first word that was found. */
const excerpt = (text, terms) => {
  const found = terms.map((each) => text.toLowerCase().indexOf(each)).filter((at) => at >= 0)
  const from = Math.max(0, Math.min(...found, text.length) - 50)
  const start = found.length === 0 ? 0 : from
  return (start > 0 ? '… ' : '') + text.slice(start, start + 150) + (text.length > start + 150 ? ' …' : '')
}

const show = async () => {
  await ready()
  const asked = input.value.trim()
  // Who writes a whole heading means it.
  const exact = ({ heading }) => Number(heading.toLowerCase() === asked.toLowerCase())
  const results = asked === '' ? [] : search.search(asked).sort((a, b) => exact(b) - exact(a))
  count.textContent = asked === '' ? '' : `${results.length} found`
  list.replaceChildren(
    ...results.slice(0, 20).map(({ url, heading, page, text, terms }) => {
      const link = document.createElement('a')
      link.href = base + url
      const parts = [
        ['strong', heading],
        ['small', page],
        ['span', excerpt(text, terms)],
      ]
      for (const [kind, words] of parts) {
        const part = document.createElement(kind)
        part.textContent = words
        link.append(part)
      }
      const item = document.createElement('li')
      item.append(link)
      return item
    }),
  )
}
const open = () => {
  if (dialog.open) return
  dialog.showModal()
  input.select()
  show()
}
document.querySelector('button.search').addEventListener('click', open)
addEventListener('keydown', (event) => {
  const typing = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)
  const asks = (event.key === '/' && !typing) || (event.key === 'k' && (event.ctrlKey || event.metaKey))
  if (!asks) return
  event.preventDefault()
  open()
})
input.addEventListener('input', show)
dialog.querySelector('form').addEventListener('submit', (event) => {
  // Enter goes to the first result; the button closes.
  if (event.submitter === null || event.submitter !== document.activeElement) {
    const first = list.querySelector('a')
    if (first !== null) {
      event.preventDefault()
      first.click()
    }
  }
})
dialog.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const places = [input, ...list.querySelectorAll('a')]
  const next = places[places.indexOf(document.activeElement) + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
})
list.addEventListener('click', () => dialog.close())
