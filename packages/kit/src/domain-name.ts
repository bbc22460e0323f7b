/** A domain name without the dot that ends it; the root keeps none. */
export function withoutFinalDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** The form of a domain name that is compared and used as a key: lower case, no final dot (RFC 4343). */
export function domainKey(name: string): string {
  return withoutFinalDot(name).toLowerCase()
}

/** Whether two texts are one domain name: letters of either case, with or without the final dot. */
export function sameDomainName(a: string, b: string): boolean {
  return a === b || domainKey(a) === domainKey(b)
}

const OF_SERVICE = /\.service\.(?:[^.]+\.)?[^.]+\.?$/i

/** Whether a name is one of Consul's, whatever its domain is: Consul alone puts `service` there, with a data center or without. */
export function isConsulName(name: string): boolean {
  return OF_SERVICE.test(name)
}
