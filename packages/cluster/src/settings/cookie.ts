import { lstat, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { DynsrvError } from '../error.ts'

const MAX_COOKIE_LENGTH = 255
const GROUP_AND_OTHERS = 0o077

/** Where a cookie may come from, in this order. */
export interface CookieSources {
  /** The cookie itself. */
  readonly cookie?: string | undefined
  /** A file that holds it, such as a mounted secret; any mode, since orchestrators choose it. */
  readonly cookieFile?: string | undefined
  /** `RELEASE_COOKIE`, and `HOME` and `XDG_CONFIG_HOME` for the file that Erlang itself reads. */
  readonly env: NodeJS.ProcessEnv
}

/**
 * Finds the cookie of the cluster: option, file, `RELEASE_COOKIE`, `~/.erlang.cookie`, and the one below
 * `$XDG_CONFIG_HOME/erlang`. No message ever holds a part of a cookie.
 *
 * Erlang would make up a cookie where none is found; that one could only fail to match, so this is an error here.
 *
 * @throws {DynsrvError} `DYNSRV_COOKIE_MISSING`, `DYNSRV_COOKIE_EMPTY`, `DYNSRV_COOKIE_INVALID` or `DYNSRV_COOKIE_FILE`
 * @see OTP `auth.erl`, `read_cookie`
 */
export async function findCookie({ cookie, cookieFile, env }: CookieSources): Promise<string> {
  if (cookie !== undefined) return checkCookie(cookie, 'the cookie')
  if (cookieFile !== undefined) return readCookieFile(cookieFile)
  const release = env.RELEASE_COOKIE
  if (release !== undefined) return checkCookie(release, 'RELEASE_COOKIE')
  const home = env.HOME ?? homedir()
  const own = [
    join(home, '.erlang.cookie'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'erlang', '.erlang.cookie'),
  ]
  for (const path of own) {
    if (await exists(path)) return readOwnCookieFile(path)
  }
  throw new DynsrvError(
    'DYNSRV_COOKIE_MISSING',
    'no cookie: RELEASE_COOKIE is not set and there is no ~/.erlang.cookie',
    {
      hint: "Give the cluster's cookie in RELEASE_COOKIE or with --cookie-file FILE.",
    },
  )
}

/**
 * Checks a cookie and returns it.
 *
 * @param source what held it, for the message
 * @throws {DynsrvError} `DYNSRV_COOKIE_EMPTY` or `DYNSRV_COOKIE_INVALID`
 */
export function checkCookie(text: string, source: string): string {
  if (text === '') {
    throw new DynsrvError('DYNSRV_COOKIE_EMPTY', `${source} is empty`, {
      hint: 'Every node of a cluster shares one secret; make one with: openssl rand -base64 32',
    })
  }
  if (text.length > MAX_COOKIE_LENGTH) {
    throw new DynsrvError('DYNSRV_COOKIE_INVALID', `${source} is longer than ${MAX_COOKIE_LENGTH} characters`, {
      hint: 'Use the same cookie as the BEAM nodes, which hold it in an atom.',
    })
  }
  const at = [...text].findIndex((character) => character < ' ' || character > '~')
  if (at >= 0) {
    throw new DynsrvError('DYNSRV_COOKIE_INVALID', `${source} holds a character outside printable ASCII at ${at + 1}`, {
      hint: 'Look for a line break, a tab or a quotation mark that came along.',
    })
  }
  return text
}

async function readCookieFile(path: string): Promise<string> {
  let text: string
  try {
    if (!(await stat(path)).isFile()) throw new Error('not a regular file')
    text = await readFile(path, 'latin1')
  } catch (cause) {
    throw new DynsrvError('DYNSRV_COOKIE_FILE', `cannot read the cookie file ${path}: ${reasonOf(cause)}`, {
      hint: 'Check the path and who may read it.',
      cause,
    })
  }
  // Erlang strips blanks and line breaks behind the cookie as well; editors and `echo` put them there.
  return checkCookie(text.replace(/[\r\n ]+$/, ''), `the cookie file ${path}`)
}

/** The file in the home folder is held to Erlang's own rule: nobody else may read it. */
async function readOwnCookieFile(path: string): Promise<string> {
  const { mode } = await stat(path)
  if ((mode & GROUP_AND_OTHERS) !== 0) {
    throw new DynsrvError('DYNSRV_COOKIE_FILE', `the cookie file ${path} can be read by others`, {
      hint: `Run: chmod 400 ${path}`,
    })
  }
  return readCookieFile(path)
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (cause) {
    if (reasonOf(cause) === REASONS.ENOENT || reasonOf(cause) === REASONS.ENOTDIR) return false
    throw new DynsrvError('DYNSRV_COOKIE_FILE', `cannot look at ${path}: ${reasonOf(cause)}`, {
      hint: 'Check who may read the folder, or give the cookie in RELEASE_COOKIE.',
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
  if (!(cause instanceof Error)) return String(cause)
  return ('code' in cause && REASONS[String(cause.code)]) || cause.message
}
