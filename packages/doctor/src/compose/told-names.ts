import type { ComposeService } from './compose-project.ts'

/** A name of a node as a setting has it. */
export interface ToldName {
  readonly text: string
  readonly alive: string
  readonly host: string
}

/** A setting that is a list of node names, and nothing else with an @. */
export interface ToldNames {
  readonly variable: string
  readonly names: readonly ToldName[]
}

const NAME = /^:?([\w.-]+)@([\w.-]+|\[?[\da-f:]+\]?)$/i
/** Where an @ stands in an address of a server or of a person. */
const NO_LIST = /(?:^RELEASE_NODE$|MAIL|URL|URI|DSN|SMTP|CONTACT|USER|PASS|SECRET|KEY|COOKIE|TOKEN)/i

/** The settings of a service that list nodes by their names. */
export function toldNames({ environment }: ComposeService): ToldNames[] {
  return [...environment].flatMap(([variable, value]) => {
    if (NO_LIST.test(variable) || value.includes('://')) return []
    const words = value.split(/[\s,;'"[\](){}|]+/).filter((word) => word.includes('@'))
    const names = words.flatMap((word): ToldName[] => {
      const [, alive, host] = NAME.exec(word) ?? []
      return alive === undefined || host === undefined ? [] : [{ text: `${alive}@${host}`, alive, host }]
    })
    return names.length > 0 && names.length === words.length ? [{ variable, names }] : []
  })
}
