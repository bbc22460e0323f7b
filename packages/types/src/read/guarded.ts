import { type Declaration, NEVER, type Type, unionOf } from './type.ts'

/**
 * Takes out of each declaration what leads back to it without anything around it: `a() :: a() | b()` is `b()`, and neither
 * TypeScript nor a matcher could begin with `a()`.
 */
export function guard(declarations: readonly Declaration[]): void {
  const state = new Map<Declaration, 'open' | 'done'>()
  for (const declaration of declarations) visit(declaration, state)
}

/** Works off a list: a chain of names may be long. */
function visit(start: Declaration, state: Map<Declaration, 'open' | 'done'>): void {
  const open: { readonly declaration: Declaration; readonly refs: Declaration[] }[] = []
  const enter = (declaration: Declaration) => {
    state.set(declaration, 'open')
    open.push({ declaration, refs: bareRefs(declaration.of) })
  }
  if (state.get(start) === undefined) enter(start)
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.refs.pop()
    if (next === undefined) {
      state.set(top.declaration, 'done')
      open.pop()
    } else if (state.get(next) === 'open') top.declaration.of = without(top.declaration.of!, next)
    else if (state.get(next) === undefined) enter(next)
  }
}

function bareRefs(type: Type | undefined): Declaration[] {
  if (type?.is === 'ref') return [type.to]
  return type?.is === 'union' ? type.of.flatMap(bareRefs) : []
}

function without(type: Type, to: Declaration): Type {
  if (type.is === 'ref') return type.to === to ? NEVER : type
  return type.is === 'union' ? unionOf(type.of.map((each) => without(each, to))) : type
}
