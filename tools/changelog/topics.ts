/** A part of the changelog. */
export interface Topic {
  readonly title: string
  /** What a reader gets. */
  readonly text: string
  readonly names: RegExp
  readonly packages: readonly string[]
}

/**
 * The headings of the changelog, in its order, each with what a reader gets. A changeset goes to the first topic whose `names`
 * fits its file; else to the topic of the first package that it lists.
 */
export const TOPICS: readonly Topic[] = [
  {
    title: 'Join a cluster',
    text: 'A Node.js program becomes a member with one call, `start`, or one command, `dynsrv join`. It finds the others by DNS SRV, reaches each on the port of its record, waits until enough are connected, and leaves in order.',
    names:
      /^(?:cluster|expose|services|calls-by-peer|dynsrv-(?:start|drain|members|net|wait|topology|packages|peer-config)|attach|env-|first-mistakes|one-answer|options-by|times-with|preferences|held-for|module-client|smaller-packages|sooner|commonjs)/,
    packages: ['@dynsrv/cluster'],
  },
  {
    title: 'Who is a member',
    text: 'The membership loop asks a source, and connects. A failed lookup is no empty answer: an outage of DNS disconnects nobody. Members leave by answers that are whole and confirmed.',
    names: /^strategy|^late-to|^unusable-record/,
    packages: ['@dynsrv/strategy'],
  },
  {
    title: 'DNS',
    text: 'A resolver that tells an empty zone from a failed lookup, asks again over TCP when an answer was cut, reads `/etc/resolv.conf` as glibc does, and comes with a small zone server for tests and development.',
    names: /^(?:srv-resolver|dns-|resolv-conf|search-list|dynsrv-silent-dns|one-slow|hosts-erlang)/,
    packages: ['@dynsrv/srv-resolver'],
  },
  {
    title: 'Without epmd',
    text: 'Ports come from SRV records. One Erlang file lets BEAM nodes do the same; an OTP application keeps Elixir and Erlang nodes connected. An epmd of our own is there for tools that want one.',
    names: /^(?:epmd-shim|companion|dynsrv-(?:epmd|silent-epmd)|node-names?-|port-names|whole-names|dials-by-name)/,
    packages: ['@dynsrv/epmd-shim'],
  },
  {
    title: 'Security and limits',
    text: 'TLS as OTP speaks it, cookies that can be changed while the cluster runs, nothing that can be called but what was exposed, and a bound in bytes for everything that a peer can fill.',
    names:
      /cookie|tls|limit|hoard|bounded|reflected|unproved|kept-in-all|queued-in-all|passed-on-unread|secrets|overflow|in-proportion|measured-memory|control-over/,
    packages: [],
  },
  {
    title: '`global`, `pg` and Phoenix.PubSub',
    text: 'Names that the whole cluster agrees on, process groups, and topics shared with Phoenix.',
    names: /^node-(?:global|pg|pubsub|overlapping)/,
    packages: [],
  },
  {
    title: 'Links, calls and processes',
    text: 'The distribution protocol of OTP 23 to 29, both ways: GenServer calls and servers, `erpc`, monitors and links, aliases, large messages in fragments, `sys`. Each failed or lost link says why.',
    names: /^(?:dist-protocol|node-)/,
    packages: ['@dynsrv/node', '@dynsrv/dist-protocol'],
  },
  {
    title: 'Terms and types',
    text: 'Every Erlang term as a JavaScript value and back, exact or plain. Types of TypeScript from the specs of Elixir and Erlang modules, checked when values cross the border.',
    names:
      /^(?:etf|atom|plain-values|typed|types|named-types|public-types|large-integers|dynsrv-(?:floats|decode|terms))/,
    packages: ['@dynsrv/etf', '@dynsrv/types'],
  },
  {
    title: 'The doctor',
    text: '`dynsrv doctor` finds why a cluster does not form: what is wrong, how it was seen, and what to do. Every error of the running node uses the same codes.',
    names: /doctor/,
    packages: ['@dynsrv/doctor'],
  },
  {
    title: 'The live page and metrics',
    text: 'Health endpoints, a page that shows the cluster as it changes, and metrics for Prometheus and OpenTelemetry.',
    names: /^(?:dynsrv-page|metrics)/,
    packages: ['@dynsrv/page', '@dynsrv/metrics'],
  },
  {
    title: 'The command line',
    text: 'Start, watch, ask and call a cluster from a terminal, with a configuration file, completion, and JSON for scripts.',
    names: /^dynsrv-/,
    packages: ['@dynsrv/cli', 'dynsrv'],
  },
  {
    title: 'The simulator',
    text: 'Your cluster in one process, under a virtual clock, network and DNS: an hour of outage takes a moment, and a seed repeats it.',
    names: /^(?:testing|whole-worlds|world)/,
    packages: ['@dynsrv/testing'],
  },
]
