import { isIP } from 'node:net'
import { optionsOf, type Rule, required, rule, whole, wrong } from './rule.ts'

/** An address and a port, as a program writes it. */
interface GivenEndpoint {
  readonly ip: string
  readonly port: number
  readonly family?: 4 | 6
}

const ADDRESS = {
  ip: required(rule('an IP address', (value) => typeof value === 'string' && isIP(value) !== 0)),
  family: rule('4 or 6', (value) => value === 4 || value === 6),
}

/** Where something listens: an IP address and its port; with a family only when it is that of the address. */
export const endpoint: Rule = ofItsFamily({
  what: 'an address and a port, such as { ip: "10.0.0.5", port: 4370 }',
  check: optionsOf<GivenEndpoint>({ ...ADDRESS, port: required(whole(1, 65_535)) }).check,
})

/** An address of a host, of any of its ports. */
export const hostAddress: Rule = ofItsFamily({
  what: 'an address, such as { ip: "10.0.0.5", family: 4 }',
  check: optionsOf<Omit<GivenEndpoint, 'port'>>(ADDRESS).check,
})

function ofItsFamily({ what, check }: Rule): Rule {
  return {
    what,
    check: (value, at) => {
      const fault = check(value, at)
      if (fault !== undefined) return fault
      const { ip, family } = value as GivenEndpoint
      return family === undefined || family === isIP(ip)
        ? undefined
        : wrong(`${at}.family`, `the family of ${ip}`, family)
    },
  }
}
