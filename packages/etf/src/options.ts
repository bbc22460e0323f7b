import { EtfError } from './error.ts'

/** Checks one of the options that take a word. */
export function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value)) {
    throw new EtfError('ETF_BAD_OPTION', `${name} must be one of ${choices.join(', ')}, not ${value}`)
  }
}
