import { readFileSync } from 'node:fs'
import { DIST_ERRORS } from '@dynsrv/dist-protocol'
import { atom } from '@dynsrv/etf'
import { NODE_ERRORS, NodeError, type NodeErrorCode, RemoteError } from '@dynsrv/node'
import { describe, expect, it } from 'vitest'
import { DynsrvError } from '../../src/error.ts'
import { verdictOf } from '../../src/services/verdict.ts'

const CODES = Object.entries({ ...DIST_ERRORS, ...NODE_ERRORS }) as [
  NodeErrorCode,
  { category: string; retryable?: boolean },
][]
const MAY_HAVE_RUN = new Set(['call', 'connect', 'handshake', 'link', 'lookup'])
const GUIDE = readFileSync(new URL('../../../../docs/guides/services.md', import.meta.url), 'utf8')
/** The rows of the table of errors in the guide, by the words in which they begin. */
const rowOf = (words: string) => GUIDE.split('\n').find((line) => line.startsWith('| ') && line.includes(words))!

describe('an error of a call', () => {
  it.each(CODES)('%s is tried elsewhere only when it surely did not run', (code, { category, retryable = false }) => {
    const { next, end } = verdictOf(new NodeError(code, 'it failed'))
    if (code === 'NODE_REPLY_MISMATCH') expect({ next, end }).toStrictEqual({ next: 'final', end: 'ok' })
    else if (MAY_HAVE_RUN.has(category) || (category === 'limit' && retryable))
      expect({ next, end }).toStrictEqual({ next: 'unknown', end: 'failed' })
    else expect(next).toBe('final')
    expect(verdictOf(new NodeError(code, 'it failed', { didNotRun: true }))).toStrictEqual({
      next: 'elsewhere',
      end: 'refused',
    })
  })

  it('of a function is an answer, unless the function is not there', () => {
    expect(verdictOf(new RemoteError('error', atom('badarg')))).toStrictEqual({ next: 'final', end: 'ok' })
    expect(verdictOf(new RemoteError('error', atom('undef'), { didNotRun: true }))).toStrictEqual({
      next: 'lacking',
      end: 'none',
    })
  })

  it.each([
    new Error('mine'),
    'aborted',
    undefined,
    null,
    new DynsrvError('DYNSRV_CLOSED', 'closed'),
  ])('that is not of a member says nothing of it: %s', (error) =>
    expect(verdictOf(error)).toStrictEqual({ next: 'final', end: 'none' }))

  it('stands in the guide as it is judged', () => {
    for (const category of MAY_HAVE_RUN) expect(rowOf('it **may have run**')).toContain(`\`${category}\``)
    for (const category of ['option', 'term', 'closed']) expect(rowOf('your mistake')).toContain(`\`${category}\``)
    for (const code of ['NODE_NO_PROCESS', 'NODE_NOT_CONNECTED', 'NODE_PEER_BUSY', 'NODE_REMOTE_ERROR']) {
      expect(rowOf('it **surely did not run**')).toContain(code)
    }
    expect(verdictOf(new NodeError('NODE_OVER_LIMIT', 'too large'))).toStrictEqual({ next: 'final', end: 'ok' })
    expect(rowOf('an answer, an exception')).toContain('NODE_OVER_LIMIT')
  })
})
