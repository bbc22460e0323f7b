// Faults that the simulator has to find. They are planted into the sources while these are bundled; no file is changed.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text
// Most were real ones that were mended: `mended` is the commit. The others are neighbours of such.

/** @typedef {{ name: string, mended?: string, file: string, find: string, replace: string }} PlantedFault */

/** @type {readonly PlantedFault[]} */
export const FAULTS = [
  {
    name: 'a failed DNS answer is read as an empty one',
    mended: 'fd43347',
    file: 'srv-resolver/src/client/dns-client.ts',
    find: '    checkRcode(message, server)\n    const reading = readAnswer(message, name, type)',
    replace:
      "    const reading: Reading = message.rcode === 0 ? readAnswer(message, name, type) : { records: [], ttlSeconds: 0, empty: 'nodata' }",
  },
  {
    name: 'a call leaves its monitor behind',
    mended: '625318e',
    file: 'node/src/call/gen-call.ts',
    find: '        this.#parts.life.demonitor(ref)\n        settle()',
    replace: '        settle()',
  },
  {
    name: 'a member leaves at the first answer that lacks it, unconfirmed',
    mended: 'c1b8e55',
    file: 'strategy/src/loop/decider.ts',
    find: '    for (let more = options.confirmLeave; more > 0 && isSomebodyGone(); more--) {',
    replace: '    for (let more = 0; more > 0 && isSomebodyGone(); more--) {',
  },
  {
    name: 'an empty answer is believed at once',
    mended: 'eb62bab',
    file: 'strategy/src/loop/decider.ts',
    find: '    if (nodes.size === 0 && discovery.absent !== true) {',
    replace: '    if (nodes.size < 0 && discovery.absent !== true) {',
  },
  {
    name: 'the time that answers are empty is taken from the clock on the wall',
    mended: '53c8401',
    file: 'strategy/src/loop/decider.ts',
    find: '      const emptyMs = world.clock.monotonic() - this.#emptySince',
    replace: '      const emptyMs = world.clock.now() - this.#emptySince',
  },
  {
    name: 'a removed record of our own counts as removed at the first failed look',
    mended: '1ace3ac',
    file: 'strategy/src/loop/plan.ts',
    find: '  if (own === undefined || hold !== undefined) return { own, deregistered: false }',
    replace: '  if (own === undefined) return { own, deregistered: false }',
  },
  {
    name: 'a lost member is dialled no more after three failures',
    file: 'strategy/src/loop/dialer.ts',
    find: '    const retryMs = this.#retryMs(peer)\n    this.#wait(node, peer, retryMs)',
    replace: '    const retryMs = this.#retryMs(peer)\n    if (peer.attempts < 3) this.#wait(node, peer, retryMs)',
  },
  {
    name: 'names of another part are not taken over when both parts meet',
    mended: '9a5dfd4',
    file: 'node/src/global/global-meeting.ts',
    find: '      const all = [...(this.#here ?? []), ...readOperations(operations)]',
    replace: '      const all = [...(this.#here ?? [])]',
  },
  {
    name: 'a meeting with a node that is gone stays in the books',
    mended: '9a5dfd4',
    file: 'node/src/global/global-meetings.ts',
    find: '    this.#meetings.get(node)?.end()\n    this.#meetings.delete(node)',
    replace: '    this.#meetings.get(node)?.end()',
  },
  {
    name: 'two nodes that dial each other both give way',
    mended: 'a913f46',
    file: 'node/src/link/connection-table.ts',
    find: '    if (this.#attempts.get(peer.name)?.dialling === true) return resolveSimultaneous(this.#parts.self, peer.name)',
    replace: "    if (this.#attempts.get(peer.name)?.dialling === true) return 'nok'",
  },
  {
    name: 'a new link of a peer does not end its old one',
    mended: '402d3c6',
    file: 'node/src/link/connection-table.ts',
    find: "      old.close(new NodeError('NODE_REPLACED', `${name} connected anew${again}`, { peer: name }), true)",
    replace: '      void again',
  },
  {
    name: 'a part does not hear of those whom one of it has met',
    mended: '5d21911',
    file: 'node/src/global/global-meeting.ts',
    find: '        if (other !== node) cast(other,',
    replace: '        if (other === node) cast(other,',
  },
  {
    name: 'a link sends no ticks while it only hears',
    file: 'dist-protocol/src/channel/tick-clock.ts',
    find: "    return quiet ? 'tick' : 'idle'",
    replace: "    return quiet && !this.#sent && this.#silentLooks > 0 ? 'tick' : 'idle'",
  },
  {
    name: 'bytes that come do not count as a sign of life',
    file: 'node/src/link/connection.ts',
    find: '  #receive(chunk: Uint8Array): void {\n    this.#ticks.received()',
    replace: '  #receive(chunk: Uint8Array): void {\n    if (chunk.length > 4) this.#ticks.received()',
  },
  {
    name: 'the timer of ticks goes on when the link is gone',
    file: 'node/src/link/connection.ts',
    find: '    this.#clock.clearInterval(this.#ticker)\n',
    replace: '',
  },
  {
    name: 'a group keeps the members of a node that is gone',
    mended: '782c425',
    file: 'node/src/pg/pg-scope.ts',
    find: '      this.#remote.delete(pidKey(scope))\n      place.free()',
    replace: '      place.free()',
  },
  {
    name: 'a scope does not answer one that asks for the first time',
    mended: '782c425',
    file: 'node/src/pg/pg-scope.ts',
    find: '    const groups = [...this.#local.all()].map(({ group, pids: members }) => tuple(group, [...members]))',
    replace:
      '    if (!this.#remote.has(pidKey(scope))) return\n    const groups = [...this.#local.all()].map(({ group, pids: members }) => tuple(group, [...members]))',
  },
  {
    name: 'a meeting that was given up is not begun again',
    mended: '9a5dfd4',
    file: 'node/src/global/global-meetings.ts',
    find: '    else void meeting.begin().then(again)',
    replace: '    else void meeting.begin()',
  },
  {
    name: 'nodes of another part are not ours when both parts have met',
    mended: '5d21911',
    file: 'node/src/global/global-meetings.ts',
    find: '      joined(theirs)\n',
    replace: '      void [joined, theirs]\n',
  },
  {
    name: 'a call that nobody answers has no end when its link is lost',
    mended: '625318e',
    file: 'node/src/call/gen-call.ts',
    find: '          down: (reason) => end(() => reject(this.downError(what, target, reason))),',
    replace: '          down: () => clock.clearTimeout(timer),',
  },
]
