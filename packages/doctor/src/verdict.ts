import { identifier, text } from '@dynsrv/kit'
import { checks, withFields } from './argument-checks.ts'
import type { Result } from './examine.ts'
import type { Finding, Severity } from './finding.ts'

/** What the report says in the end: one cause, with all nodes that it hits. */
export interface Verdict extends Omit<Finding, 'node'> {
  /** The check that saw it, `D07` for instance. */
  readonly check: string
  readonly nodes: readonly string[]
}

const keyParts = withFields({ code: text, message: text })

/**
 * What makes a verdict the same as one of another round.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function verdictKey(verdict: Verdict): string {
  checks.argument('verdictKey', 'verdict', keyParts, verdict)
  return `${verdict.code} ${verdict.message}`
}

const GRAVITY: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/**
 * The findings as verdicts: what hits several nodes in the same way is said once. The gravest come first, and of equals the
 * most basic one, which explains the others.
 *
 * @param results in the order of the checks, which is that of causes before consequences
 */
export function verdicts(results: readonly Result[]): Verdict[] {
  const merged: { verdict: Verdict; rank: number }[] = []
  for (const [rank, { check, findings }] of results.entries()) {
    const alike = new Map<string, Finding[]>()
    for (const each of findings) {
      const key = each.node === undefined ? JSON.stringify(each) : `${each.severity} ${each.code} ${each.hint}`
      alike.set(key, [...(alike.get(key) ?? []), each])
    }
    for (const group of alike.values()) merged.push({ verdict: merge(check.id, group), rank })
  }
  return merged
    .sort((a, b) => GRAVITY[a.verdict.severity] - GRAVITY[b.verdict.severity] || a.rank - b.rank)
    .map(({ verdict }) => verdict)
}

function merge(check: string, findings: readonly Finding[]): Verdict {
  const [{ node: _node, ...first }, ...others] = findings as readonly [Finding, ...Finding[]]
  const nodes = [...new Set(findings.flatMap(({ node }) => node ?? []))]
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  const said = withoutNode(findings[0]!)
  const alike = others.filter((one) => withoutNode(one) === said).flatMap(({ node }) => node ?? [])
  const evidence = [
    ...first.evidence,
    ...(alike.length === 0 ? [] : [`the same: ${alike.map(identifier).join(', ')}`]),
    ...others.flatMap((one) => (withoutNode(one) === said ? one.evidence : [one.message, ...one.evidence])),
  ]
  return { check, ...first, message: `${first.message}${more}`, evidence: [...new Set(evidence)], nodes }
}

/** What is said, whichever node it is about. */
function withoutNode({ message, node }: Finding): string {
  return node === undefined ? message : message.replaceAll(identifier(node), '…')
}
