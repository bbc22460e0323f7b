import { codeOf as codeOfError } from '@dynsrv/kit'

/** A thing that was tried: what came of it, or why nothing did. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

/** Waits for it; a failure is a fact like any other. */
export async function attempt<T>(promised: Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await promised }
  } catch (error) {
    return { ok: false, error }
  }
}

/** The code of an error; empty when it has none. */
export function codeOf(error: unknown): string {
  return codeOfError(error) ?? ''
}
