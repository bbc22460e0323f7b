import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { companionPath } from '@dynsrv/epmd-shim'

const run = promisify(execFile)

/** The Erlang of this machine with the companion compiled for it, or why there is none. */
export type Erlang =
  | { readonly found: true; readonly release: string; readonly companion: string }
  | { readonly found: false; readonly why: string }

// One start of the VM does both: it is the slow part.
const COMPILE = `
  [Source, Folder] = init:get_plain_arguments(),
  case compile:file(Source, [{outdir, Folder}, return_errors]) of
    {ok, _} -> io:put_chars(erlang:system_info(otp_release)), halt(0);
    Error -> io:format("~0tp", [Error]), halt(1)
  end.`

/**
 * Looks for `erl` on the PATH and compiles the companion, the epmd module for stock BEAM nodes, into a folder.
 *
 * @param folder a writable folder; the `.beam` file is put there
 */
export async function findErlang(folder: string, env: NodeJS.ProcessEnv = process.env): Promise<Erlang> {
  const source = join(folder, 'dynsrv_epmd.erl')
  await copyFile(companionPath(), source)
  try {
    const args = ['-noshell', '-noinput', '-eval', COMPILE, '-extra', source, folder]
    const { stdout } = await run('erl', args, { env, timeout: 30_000 })
    return { found: true, release: stdout.trim(), companion: folder }
  } catch (error) {
    const { code, stdout = '' } = error as { code?: unknown; stdout?: string }
    if (code === 'ENOENT') return { found: false, why: 'erl is not on the PATH' }
    return { found: false, why: `erl could not compile the companion: ${stdout.trim() || String(error)}` }
  }
}
