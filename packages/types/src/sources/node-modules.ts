import { Atom, type Term, t } from '@dynsrv/etf'
import { callable, filledText } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { TypesError } from '../error.ts'
import { nameOf, parts } from '../read/form.ts'
import type { ModuleSource } from './module-source.ts'

/** Calls a function of a node, as `Node.erpc` does for one peer. */
export type CallNode = (module: string, name: string, args: readonly Term[]) => Promise<Term>

const BYTES = t.bytes()

/**
 * The modules of a running node: those that it runs, and those that it would load. Nothing is loaded or changed there.
 *
 * @param node its name, for errors
 * @param call asks it; what that throws is passed on
 * @throws {TypesError} `TYPES_BAD_OPTION`; looking up a module `TYPES_IN_MEMORY`
 */
export function nodeModules(node: string, call: CallNode): ModuleSource {
  checks.argument('nodeModules', 'node', filledText, node)
  checks.argument('nodeModules', 'call', callable, call)
  return {
    find: async (module) => {
      const name = Atom.of(module)
      const [, bytes, path] = parts(await call('code', 'get_object_code', [name]))
      const found = BYTES.match(bytes)
      if (found.ok) return { bytes: found.value, from: `${pathText(path) ?? module} of ${node}` }
      const where = await call('code', 'which', [name])
      if (nameOf(where) === 'non_existing') return undefined
      throw new TypesError('TYPES_IN_MEMORY', `${node} runs ${module}, and has no file of it`)
    },
    remark: async (module, bytes) => {
      const name = Atom.of(module)
      if ((await call('erlang', 'module_loaded', [name])) !== true) return undefined
      const [running, given] = await Promise.all([
        call(module, 'module_info', [Atom.of('md5')]),
        call('code', 'module_md5', [bytes]),
      ])
      const [a, b] = [BYTES.match(running), BYTES.match(given)]
      if (!a.ok || !b.ok || Buffer.compare(a.value, b.value) === 0) return undefined
      return `${node} runs another version of ${module} than the one that was read`
    },
    docs: async (module) => {
      const result = await call('code', 'get_doc', [Atom.of(module)])
      const [tag, docs] = parts(result)
      return nameOf(tag) === 'ok' ? docs : undefined
    },
  }
}

function pathText(term: Term): string | undefined {
  const path = t.union(t.charlist(), t.text()).match(term)
  return path.ok ? path.value : undefined
}
