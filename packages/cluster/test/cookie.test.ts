import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findCookie } from '../src/settings/cookie.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dynsrv-cookie-'))
})
afterEach(() => rm(home, { recursive: true }))

async function put(path: string, text: string, mode = 0o400): Promise<string> {
  const full = join(home, path)
  await mkdir(dirname(full), { recursive: true })
  await writeFile(full, text)
  await chmod(full, mode)
  return full
}

describe('findCookie', () => {
  it('prefers the option, then the file, then RELEASE_COOKIE, then the file in the home folder', async () => {
    await put('.erlang.cookie', 'of-home')
    const cookieFile = await put('secret', 'of-file')
    const env = { HOME: home, RELEASE_COOKIE: 'of-release' }
    expect(await findCookie({ cookie: 'of-option', cookieFile, env })).toBe('of-option')
    expect(await findCookie({ cookieFile, env })).toBe('of-file')
    expect(await findCookie({ env })).toBe('of-release')
    expect(await findCookie({ env: { HOME: home } })).toBe('of-home')
  })

  it('looks below XDG_CONFIG_HOME, by default ~/.config, when the home folder holds none', async () => {
    await put('.config/erlang/.erlang.cookie', 'of-config')
    expect(await findCookie({ env: { HOME: home } })).toBe('of-config')
    await put('xdg/erlang/.erlang.cookie', 'of-xdg')
    expect(await findCookie({ env: { HOME: home, XDG_CONFIG_HOME: join(home, 'xdg') } })).toBe('of-xdg')
  })

  it.each(['\n', '\r\n', ' \n', '\n\n'])('strips %j behind the cookie of a file', async (ending) => {
    await put('.erlang.cookie', `COOKIE${ending}`)
    expect(await findCookie({ env: { HOME: home } })).toBe('COOKIE')
  })

  it('accepts a mounted secret of any mode, but a home file only when nobody else may read it', async () => {
    const cookieFile = await put('secret', 'of-file', 0o444)
    expect(await findCookie({ cookieFile, env: {} })).toBe('of-file')
    await put('.erlang.cookie', 'of-home', 0o440)
    await expect(findCookie({ env: { HOME: home } })).rejects.toMatchObject({
      code: 'DYNSRV_COOKIE_FILE',
      hint: expect.stringContaining('chmod 400'),
    })
  })

  it.each([
    ['', 'DYNSRV_COOKIE_EMPTY'],
    ['two\nlines', 'DYNSRV_COOKIE_INVALID'],
    ['gefährlich', 'DYNSRV_COOKIE_INVALID'],
    ['c'.repeat(256), 'DYNSRV_COOKIE_INVALID'],
  ])('refuses the cookie %j', async (cookie, code) => {
    const error = await findCookie({ cookie, env: {} }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, hint: expect.any(String) })
    if (cookie !== '') expect(String(error)).not.toContain(cookie)
  })

  it('accepts every printable ASCII character and 255 of them', async () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
    expect(await findCookie({ cookie: printable, env: {} })).toBe(printable)
    expect(await findCookie({ cookie: 'c'.repeat(255), env: {} })).toHaveLength(255)
  })

  it('says what to do where there is no cookie at all', async () => {
    await expect(findCookie({ env: { HOME: home } })).rejects.toMatchObject({ code: 'DYNSRV_COOKIE_MISSING' })
  })
})
