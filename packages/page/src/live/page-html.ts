import type { PageChange, PageMember, PageState, PageTopology } from './page-state.ts'
import { timeOfDay } from './time-of-day.ts'

/**
 * The page as the server writes it: whole and readable without JavaScript; the script takes over from there.
 *
 * @param now in milliseconds since 1970
 */
export function pageHtml(state: PageState, now: number): string {
  const { self, members, topologies, changes } = state
  const connected = members.filter(({ state }) => state === 'connected').length
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(self.name)} · dynsrv</title>
<link rel="icon" href="/page/page.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page/page.css">
<script type="module" src="/page/page.js"></script>
</head>
<body>
<a class="skip" href="#members">To the table of members</a>
<header>
<img src="/page/page.svg" width="36" height="36" alt="">
<div class="title">
<p class="brand">dynsrv</p>
<h1 id="self">${breaking(self.name)}</h1>
</div>
<p class="live" id="live" role="status" data-live="static">as of <time>${timeOfDay(now)}</time> UTC</p>
</header>
<noscript><p class="notice">This page is live with JavaScript. Without it, <a href="/">load it again</a> to see what is new.</p></noscript>
<p class="notice" id="notice" hidden></p>
<main>
<section class="tiles" aria-label="At a glance" id="tiles">
<div class="tile"><h2 class="label">Connected</h2><p class="figure">${connected}<small> of ${connected + missing(members)}</small></p></div>
<div class="tile"><h2 class="label">DNS</h2><p class="figure">${topologies.some(({ failure }) => failure !== '') ? 'failing' : 'answers'}</p></div>
</section>
<section class="card causes" id="causes-card" aria-labelledby="causes-title" hidden>
<h2 id="causes-title">What is wrong</h2>
<ul id="causes"></ul>
</section>
<section class="card graph" id="graph-card" aria-labelledby="graph-title" hidden>
<div class="bar"><h2 id="graph-title">Cluster</h2><span id="graph-tools"></span></div>
<p class="facts">The links of this node only: it does not know how the others are linked among each other.</p>
<div id="graph"></div>
</section>
<section class="card members" aria-labelledby="members-title">
<div class="bar"><h2 id="members-title">Members</h2><span id="members-tools"></span></div>
<div class="scroll" role="group" aria-label="Table of members" tabindex="0">
<table id="members">
<thead><tr><th scope="col">Node</th><th scope="col">State</th><th scope="col" class="number">Latency</th><th scope="col" class="number">In /s</th><th scope="col" class="number">Out /s</th><th scope="col" class="number">Since</th></tr></thead>
${members.map(memberRow).join('\n')}
</table>
</div>
</section>
<section class="card log" aria-labelledby="log-title">
<h2 id="log-title">Changes</h2>
<ol id="log" class="events scroll" tabindex="0" aria-labelledby="log-title">${changes.toReversed().map(changeLine).join('\n')}</ol>
</section>
<section class="card dns" aria-labelledby="dns-title">
<h2 id="dns-title">DNS answers</h2>
<div id="topologies">${topologies.map(topology).join('\n')}</div>
</section>
</main>
<aside id="member" class="card panel" aria-labelledby="member-title" hidden></aside>
<p id="spoken" class="visually-hidden" role="log" aria-live="polite" aria-label="Changes of the cluster"></p>
<footer><p>Read-only. Also here: <a href="/readyz">readyz</a>, <a href="/metrics">metrics</a>, <a href="/page/state">this page as JSON</a>.</p></footer>
</body>
</html>
`
}

function memberRow(member: PageMember): string {
  const { name, state, reason, hint, latencyMs, receivedPerSecond, sentPerSecond, since } = member
  const why = `<p class="reason">${escaped(reason)}</p>${hint === '' ? '' : `<p class="hint">${escaped(hint)}</p>`}`
  return `<tbody data-state="${state}"><tr><th scope="row">${breaking(name)}</th>
<td><span class="state" data-state="${state}">${state}</span></td>
<td class="number" data-label="latency">${latencyMs === null ? '–' : `${latencyMs} ms`}</td>
<td class="number" data-label="in /s">${receivedPerSecond}</td><td class="number" data-label="out /s">${sentPerSecond}</td>
<td class="number" data-label="since">${since === null ? '–' : `${timeOfDay(since)} UTC`}</td></tr>
${reason === '' ? '' : `<tr class="why"><td colspan="6">${why}</td></tr>`}</tbody>`
}

function changeLine({ at, kind, about, text, hint }: PageChange): string {
  return `<li data-kind="${kind}"><time>${timeOfDay(at)}</time> <b>${breaking(about)}</b> <span>${escaped(text)}</span>${
    hint === '' ? '' : `<p class="hint">${escaped(hint)}</p>`
  }</li>`
}

function topology(found: PageTopology): string {
  const { service, server, answeredAt, failure, hint, notes, records } = found
  const rows = records.map(
    ({ target, port, addresses, outcome, text }) =>
      `<tr><th scope="row">${breaking(target)}:${port}</th><td>${escaped(addresses.join(', '))}</td><td><span class="state" data-state="${outcome}">${outcome === 'self' ? 'this node' : outcome}</span>${because(text)}</td></tr>`,
  )
  return `<h3>${escaped(service)}</h3><p class="facts">${
    answeredAt === null ? 'No answer yet' : `Answered at ${timeOfDay(answeredAt)} UTC by ${escaped(server)}`
  }</p>${failure === '' ? '' : `<p class="failure">${escaped(failure)}</p>`}${
    hint === '' ? '' : `<p class="hint">${escaped(hint)}</p>`
  }${notes.map((note) => `<p class="hint">${escaped(note)}</p>`).join('')}
<div class="scroll" role="group" aria-label="Records of ${escaped(service)}" tabindex="0"><table><thead><tr><th scope="col">Record</th><th scope="col">Address</th><th scope="col">What was done</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`
}

function because(text: string): string {
  const reason = text.split(': ').slice(1).join(': ')
  return reason === '' ? '' : `<p class="reason">${escaped(reason)}</p>`
}

function missing(members: readonly PageMember[]): number {
  return members.filter(({ state, expected }) => expected && state !== 'connected').length
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A name that breaks after `@` and dots. */
function breaking(name: string): string {
  return name
    .split(/(?<=[@.])/)
    .map(escaped)
    .join('<wbr>')
}

/** Peers and zones write names and texts: nothing of them may become markup. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
