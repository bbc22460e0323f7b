import { join } from 'node:path'
import {
  text as anyText,
  anything,
  codeOf,
  type Files,
  filledText,
  messageOf,
  optionsOf,
  readNamed,
  readSome,
  realWorld,
  required,
  rule,
  secret,
  variables,
  type World,
  worldShape,
} from '@dynsrv/kit'
import type { NodeOptions } from '@dynsrv/node'
import { checks } from '../checks.ts'
import { DynsrvError } from '../error.ts'
import type { CookieFiles } from './start-options.ts'

const MAX_COOKIE_LENGTH = 255
const GROUP_AND_OTHERS = 0o077

/** Cookies of a node: one text, or several while it is being changed. */
type Cookie = Exclude<NodeOptions['cookie'], (...args: never[]) => unknown>

/** Where a cookie may come from, in this order. */
export interface FindCookieOptions {
  /** The cookie itself. */
  readonly cookie?: string | undefined
  /** A file that holds it, such as a mounted secret; any mode, since orchestrators choose it. */
  readonly cookieFile?: string | undefined
  /**
   * `RELEASE_COOKIE`, and `HOME` and `XDG_CONFIG_HOME` for the file that Erlang itself reads; default: the environment
   * of the process.
   */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Where files and the environment come from; default: the machine. */
  readonly world?: World | undefined
}

const check = checks.options<FindCookieOptions>('findCookie', {
  // Cookies have errors of their own, which never show one.
  cookie: anything,
  cookieFile: filledText,
  env: variables,
  world: worldShape,
})

/**
 * Finds the cookie of the cluster: option, file, `RELEASE_COOKIE`, `~/.erlang.cookie`, and the one below
 * `$XDG_CONFIG_HOME/erlang`. No message ever holds a part of a cookie.
 *
 * Erlang would make up a cookie where none is found; that one could only fail to match, so this is an error here.
 *
 * @throws {DynsrvError} `DYNSRV_COOKIE_MISSING`, `DYNSRV_COOKIE_EMPTY`, `DYNSRV_COOKIE_INVALID` or `DYNSRV_COOKIE_FILE`
 * @see OTP `auth.erl`, `read_cookie`
 */
export async function findCookie(sources: FindCookieOptions = {}): Promise<string> {
  check(sources)
  const { cookie, cookieFile, world = realWorld, env = world.system.env } = sources
  const { files } = world
  if (cookie !== undefined) return checkCookie(cookie, 'the cookie')
  if (cookieFile !== undefined) {
    return cookieIn(cookieFile, readNamed(world, cookieFile, { maxBytes: MAX_COOKIE_FILE_BYTES }))
  }
  const release = env.RELEASE_COOKIE
  if (release !== undefined) return checkCookie(release, 'RELEASE_COOKIE')
  const home = env.HOME ?? world.system.homeFolder()
  const own = [
    join(home, '.erlang.cookie'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'erlang', '.erlang.cookie'),
  ]
  for (const path of own) {
    if (await exists(files, path)) return readOwnCookieFile(files, path)
  }
  throw new DynsrvError(
    'DYNSRV_COOKIE_MISSING',
    'no cookie: RELEASE_COOKIE is not set and there is no ~/.erlang.cookie',
  )
}

/**
 * The cookie of a node that is started, from wherever its options say. A function is asked later, for each peer.
 *
 * @throws {DynsrvError} as {@link findCookie} does
 */
export async function nodeCookie(
  cookie: NodeOptions['cookie'] | undefined,
  cookieFile: string | CookieFiles | undefined,
  env: NodeJS.ProcessEnv | undefined,
  world: World,
): Promise<NodeOptions['cookie']> {
  if (typeof cookie === 'function') return cookie
  if (cookie !== undefined) return checkedCookies(cookie)
  if (!isSet(cookieFile)) return findCookie({ cookieFile, env, world })
  const [offered, ...accepted] = await Promise.all(
    [cookieFile.offered, ...cookieFile.accepted].map((each) => findCookie({ cookieFile: each, world })),
  )
  return { offered: offered!, accepted }
}

/** @throws {DynsrvError} for a cookie that no BEAM node would take */
function checkedCookies(cookie: Cookie): Cookie {
  if (!isSet(cookie)) return checkCookie(cookie, 'the cookie')
  checks.argument('start', 'cookie', setRule, cookie)
  return {
    offered: checkCookie(cookie.offered, 'cookie.offered'),
    accepted: cookie.accepted.map((each, index) => checkCookie(each, `cookie.accepted[${index}]`)),
  }
}

/** What is given while the cookie is being changed. No refusal shows a value. */
const setRule = optionsOf<CookieFiles>({
  offered: required(anything),
  accepted: required(secret(rule('an array with at least one', (value) => Array.isArray(value) && value.length > 0))),
})

function isSet(given: unknown): given is CookieFiles {
  try {
    return Object.prototype.toString.call(given) === '[object Object]'
  } catch {
    // A proxy that was revoked is no set, and no string either.
    return false
  }
}

/**
 * Checks a cookie and returns it.
 *
 * @param source what held it, for the message
 * @throws {DynsrvError} `DYNSRV_COOKIE_EMPTY` or `DYNSRV_COOKIE_INVALID`
 */
export function checkCookie(text: string, source: string): string {
  checks.argument('checkCookie', 'source', anyText, source)
  if (typeof text !== 'string') throw new DynsrvError('DYNSRV_COOKIE_INVALID', `${source} is not a string`)
  if (text === '') throw new DynsrvError('DYNSRV_COOKIE_EMPTY', `${source} is empty`)
  if (text.length > MAX_COOKIE_LENGTH) {
    throw new DynsrvError('DYNSRV_COOKIE_INVALID', `${source} is longer than ${MAX_COOKIE_LENGTH} characters`, {
      hint: 'Use the same cookie as the BEAM nodes, which hold it in an atom.',
    })
  }
  const at = [...text].findIndex((character) => character < ' ' || character > '~')
  if (at >= 0) {
    throw new DynsrvError('DYNSRV_COOKIE_INVALID', `${source} has a character outside printable ASCII at ${at + 1}`, {
      hint: 'Look for a line break, a tab or a quotation mark that came along.',
    })
  }
  return text
}

/** More than this is no cookie, whatever stands behind it. */
const MAX_COOKIE_FILE_BYTES = 4_096

async function cookieIn(path: string, reading: Promise<Uint8Array>): Promise<string> {
  const bytes = await reading.catch((cause: unknown) => {
    throw unreadable(path, reasonOf(cause), cause)
  })
  // Erlang strips blanks and line breaks behind the cookie as well; editors and `echo` put them there.
  return checkCookie(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\r\n ]+$/, ''),
    `the cookie file ${path}`,
  )
}

function unreadable(path: string, why: string, cause?: unknown): DynsrvError {
  return new DynsrvError('DYNSRV_COOKIE_FILE', `cannot read the cookie file ${path}: ${why}`, {
    hint: 'Check the path, and that this process may read the file.',
    cause,
  })
}

/** The file in the home folder is held to Erlang's own rule: others may not read it. */
async function readOwnCookieFile(files: Files, path: string): Promise<string> {
  const { mode } = await files.facts(path).catch((cause: unknown) => {
    throw unreadable(path, reasonOf(cause), cause)
  })
  if ((mode & GROUP_AND_OTHERS) !== 0) {
    throw new DynsrvError('DYNSRV_COOKIE_FILE', `the cookie file ${path} can be read by others`, {
      hint: `Run: chmod 400 ${path}`,
    })
  }
  return cookieIn(path, readSome(files, path, { maxBytes: MAX_COOKIE_FILE_BYTES }))
}

async function exists(files: Files, path: string): Promise<boolean> {
  try {
    await files.linkFacts(path)
    return true
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause) ?? '')) return false
    throw new DynsrvError('DYNSRV_COOKIE_FILE', `cannot look at ${path}: ${reasonOf(cause)}`, {
      hint: 'Let this process read the folder, or give the cookie in RELEASE_COOKIE.',
      cause,
    })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

function reasonOf(cause: unknown): string {
  return REASONS[codeOf(cause) ?? ''] ?? messageOf(cause)
}
