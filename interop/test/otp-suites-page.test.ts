import { expect, it } from 'vitest'
import { SUITES } from '../otp-suites/suites.ts'

const HEAD = `# OTP's own test suites

OTP tests its Java and C interfaces, its handshake and its process groups with suites of its own. \`npm run test:all\` runs six
of them, byte for byte as OTP wrote them (OTP 25, from Debian's source package), with nodes of ours in the place of OTP's
programs. Every case has to pass, but for those that the last column names.

The other way round, the C programs of \`ei_connect_SUITE\` and \`ei_accept_SUITE\`, compiled with OTP's own library, connect to
a node of ours and are connected to (\`interop/test/c-programs.all.test.ts\`).

| suite | what it tests, and what we are in it | what does not agree, or is left out |
|---|---|---|
`

const TAIL = `
What each needs is one file in \`interop/otp-suites/\`; \`tools/otp-suites/run-suite.ts\` runs it, and
\`tools/peers/otp-suites.sh\` fetches the Erlang that it belongs to. Time limits of the suites are multiplied, since a node of
ours starts within them.
`

it('is what the suites say; run "npm run generate" when it is not', async () => {
  const rows = SUITES.map(({ module, about, rest = {}, differs = {} }) => {
    const left = Object.entries(rest).map(([name, why]) => `\`${name}\`: ${why}`)
    const other = Object.entries(differs).map(([name, { why }]) => `\`${name}\`: ${why}`)
    return `| \`${module}\` | ${about} | ${[...other, ...left].join(' ') || '–'} |`
  })
  await expect(`${HEAD}${rows.join('\n')}\n${TAIL}`).toMatchFileSnapshot('../../docs/otp-suites.md')
})
