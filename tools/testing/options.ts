import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EVERY_ODD_VALUE, ODD_FUNCTIONS, ODD_VALUES, type Odd } from './odd-values.ts'

/** How a type of options is given to the function that takes it. */
export interface OptionsCall {
  /** Calls the function with the options; what it opens, it closes. */
  readonly take: (options: object) => unknown
  /** What cannot be left out. */
  readonly valid?: Readonly<Record<string, unknown>>
  /** Options inside options, each with what cannot be left out of it. */
  readonly nested?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Options that are promises. */
  readonly promises?: readonly string[]
}

/** Values that throw before anybody can say which option they are. */
const UNTOUCHABLE: readonly Odd[] = ['a getter that throws', 'a proxy that throws', 'a proxy that was revoked']

/** A name that no option has and that is near none. */
const STRANGE = 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq'

/**
 * Proves that every type of options that a package exports refuses a misspelled name, and names the right one.
 *
 * @param index the file that exports them: each `…Options` in it has to be in `calls`, or in `others` with the reason
 */
export function testOptions(
  index: URL,
  calls: Readonly<Record<string, OptionsCall>>,
  others: Readonly<Record<string, string>> = {},
): void {
  describe('misspelled options', () => {
    it('are tried in every type of options that is exported', () => {
      const exported = new Set(readFileSync(index, 'utf8').match(/\b[A-Z]\w*\b/g))
      const tried = [...Object.keys(calls), ...Object.keys(others)]
      // Some types of options are called otherwise, and are tried as well.
      expect(tried.filter((name) => !exported.has(name))).toEqual([])
      expect([...exported].filter((name) => /\wOptions$/.test(name) && !tried.includes(name))).toEqual([])
    })

    for (const [name, prefix, take] of placesOf(calls)) it(name, () => refusals(prefix, take))
  })
}

/**
 * The same, and every option gets every odd value: it takes it, or refuses it with a coded error that names it. So `take` is called with
 * right options too, many times.
 */
export function testSoundOptions(...[index, calls, others]: Parameters<typeof testOptions>): void {
  testOptions(index, calls, others)
  describe('odd values in options', () => {
    for (const [name, , take] of placesOf(calls)) {
      it(name, { timeout: 60_000 }, () => soundValues(take, calls[name]?.promises))
    }
  })
}

type Place = readonly [name: string, prefix: string, take: (options: object) => unknown]

/** Each type of options, and the options inside. */
function placesOf(calls: Readonly<Record<string, OptionsCall>>): Place[] {
  return Object.entries(calls).flatMap(([type, { take, valid = {}, nested = {} }]): Place[] => [
    [type, '', (options) => take({ ...valid, ...options })],
    ...Object.entries(nested).map(
      ([key, inner]): Place => [
        `${type}, ${key}`,
        `${key}.`,
        (options) => take({ ...valid, [key]: { ...inner, ...options } }),
      ],
    ),
  ])
}

/** A call that goes on for so long has taken its options. */
const MOMENT_MS = 50

/** What no option is for, whatever else it takes. */
const NONSENSE: readonly Odd[] = ['NaN', 'a symbol', 'a date', 'a promise', 'a proxy that was revoked']

/** Gives every option every odd value: each is taken, or refused by a coded error; nonsense is always refused. */
async function soundValues(take: (options: object) => unknown, promises: readonly string[] = []): Promise<void> {
  const { hint } = await refusal(() => take({ [STRANGE]: 1 }))
  const wrong: string[] = []
  for (const name of namesIn(hint)) {
    for (const odd of EVERY_ODD_VALUE) {
      const error = await errorOf(() => take({ [name]: ODD_VALUES[odd]() }))
      const { code, hint, category } = (error ?? {}) as Readonly<Record<string, unknown>>
      const isCoded = [code, hint, category].every((text) => typeof text === 'string')
      // What a function of the caller's throws is the caller's own; so is the end of a wait by the caller's signal.
      const isOwn = ODD_FUNCTIONS.includes(odd) || error?.name === 'AbortError'
      if (error !== undefined && !isCoded && !isOwn) wrong.push(`${name}, ${odd}: no coded error: ${error.stack}`)
      const isRight = odd === 'a promise' && promises.includes(name)
      if (category !== 'option' && NONSENSE.includes(odd) && !isRight) wrong.push(`${name} took ${odd}`)
      const isUnnamed =
        category === 'option' &&
        !UNTOUCHABLE.includes(odd) &&
        !folded(error!.message).includes(folded(name).replace(/s$/, ''))
      if (isUnnamed) wrong.push(`${name}, ${odd}: not named: ${error!.message}`)
    }
  }
  expect(wrong).toEqual([])
}

async function errorOf(run: () => unknown): Promise<Error | undefined> {
  let timer: NodeJS.Timeout | undefined
  const moment = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), MOMENT_MS)
  })
  try {
    await Promise.race([(async () => run())(), moment])
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Gives every option of a type each odd value: it is refused with a coded error that names the option, unless the table
 * says that it is right there.
 *
 * @param takes by option, the odd values that it takes beside `undefined`; an option that is missing is a failed test
 */
export function testOptionValues(
  type: string,
  { take, valid = {} }: Pick<OptionsCall, 'take' | 'valid'>,
  takes: Readonly<Record<string, readonly Odd[]>>,
): void {
  describe(`odd values in ${type}`, () => {
    it('are tried in every option', async () => {
      const { hint } = await refusal(() => take({ ...valid, [STRANGE]: 1 }))
      expect(Object.keys(takes).sort()).toEqual(namesIn(hint).sort())
    })

    for (const [name, right] of Object.entries(takes)) {
      it(name, async () => {
        for (const odd of EVERY_ODD_VALUE) {
          const options = { ...valid, [name]: ODD_VALUES[odd]() }
          if (odd === 'undefined' || right.includes(odd)) continue
          const { message } = await refusal(() => take(options), `${name} took ${odd}`)
          if (!UNTOUCHABLE.includes(odd)) expect(folded(message), odd).toContain(folded(name))
        }
        for (const odd of right) await take({ ...valid, [name]: ODD_VALUES[odd]() })
      })
    }
  })
}

/** `shortNames` and "short names" are one. */
function folded(text: string): string {
  return text.replaceAll(' ', '').toLowerCase()
}

/** The names that a refusal lists. */
function namesIn(hint: string): string[] {
  const [, list = ''] = /^The options are (.*)\.$/.exec(hint) ?? []
  return list.split(', ').filter((name) => name !== '')
}

async function refusals(prefix: string, take: (options: object) => unknown): Promise<void> {
  const { hint } = await refusal(() => take({ [STRANGE]: 1 }))
  const names = namesIn(hint)
  expect(names.length, hint).toBeGreaterThan(0)
  for (const name of names) {
    const misspelled = `${name}${name.at(-1)}`
    const { message } = await refusal(() => take({ [misspelled]: 1 }))
    expect(message).toContain(`there is no option ${prefix}${misspelled}; did you mean ${prefix}${name}?`)
  }
}

async function refusal(
  run: () => unknown,
  taken = 'the options were taken',
): Promise<{ readonly message: string; readonly hint: string }> {
  try {
    await run()
  } catch (error) {
    expect(error).toMatchObject({ code: expect.any(String), hint: expect.any(String), category: 'option' })
    return error as Error & { readonly hint: string }
  }
  throw new Error(taken)
}
