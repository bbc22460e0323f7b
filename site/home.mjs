// The first page: what the README says, with the recording of a demo.
import { read } from './markdown.mjs'

/** The text of a section of a Markdown file, without its heading. */
export function section(markdown, title) {
  const found = markdown.split(/^## /m).find((each) => each.startsWith(`${title}\n`))
  if (found === undefined) throw new Error(`there is no section "${title}"`)
  return found.slice(title.length + 1).trim()
}

/** The home page as Markdown, with HTML where Markdown has no words for it. */
export function home(root) {
  const readme = read(root, 'README.md')
  const [, tagline] = /^\*\*(.+)\*\*$/m.exec(readme)
  const intro = readme.split(/^```/m)[0].split('\n\n').at(-2)
  const program = /```js\n[\s\S]*?```/.exec(section(readme, 'Join a cluster'))[0]
  return `# dynsrv

<p class="tagline">${tagline}</p>

${intro}

<p class="actions"><a class="button" href="guides/five-minutes.html">Five minutes to a cluster</a> <a class="button quiet" href="guides/index.html">All guides</a></p>

<figure class="recording">

![A recording of npm run demo: five nodes, two of them Erlang, find each other by SRV records; one leaves, one joins, the DNS server dies and comes back, and no member is disconnected by it](docs/images/demo.svg)

<figcaption>One run of <code>npm run demo</code>, recorded as it was.</figcaption></figure>

## A member in a few lines

\`\`\`sh
npm install dynsrv
\`\`\`

${program}

Behind it: [how members are found and lost](docs/membership.md), [security](docs/guides/security.md),
[how it compares](docs/comparison.md) with libcluster, dns_cluster, JInterface, Ergo, ports, gRPC and NATS.

## Your cluster, live

\`dynsrv up --page\` shows who is connected, who is not, and why.

![The live page: one node in the middle with lines to its members, a table of them, and the DNS answers](docs/images/live-page.png)

## Packages

${section(readme, 'Packages')}

## Where it runs

${section(readme, 'Where it runs')}

## What it weighs

${section(readme, 'What it weighs')}
`
}
