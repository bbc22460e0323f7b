import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { serviceOfHost } from '../host.ts'
import { type OwnListener, ownListener } from '../probes/own.ts'
import { words } from '../words.ts'

const NOT_REGISTERED = words('DOCTOR_NOT_REGISTERED', {
  happened: 'Our node runs, but the service does not list it.',
  why: 'Its health check fails, or the service lists only instances that are ready.',
  hint: 'Look at the health check. In Kubernetes, set publishNotReadyAddresses: true at the headless service.',
})

const PORT_DIFFERS = words('DOCTOR_PORT_DIFFERS', {
  happened: 'Our SRV record does not have the port that we listen on.',
  why: 'ERL_DIST_PORT and the registration are set in two places, or the network maps the port.',
  hint: 'Register ERL_DIST_PORT itself, or map the registered port to it (Nomad: to = …).',
})

/** D33: our own record, compared with what runs here. */
export function judgeOwnRecord({ name, port, local, member, services }: OwnListener): Finding[] {
  const service = serviceOfHost(services, name.host)
  if (service === undefined) return []
  if (member === undefined) {
    if (!local.ok) return []
    const evidence = [
      `127.0.0.1:${port} answers as ${identifier(local.value.name)}`,
      `${service} has no target ${name.alive}.${name.host}`,
    ]
    return [
      finding('error', NOT_REGISTERED, `${name.name} runs here, but ${service} does not list it`, {
        evidence,
      }),
    ]
  }
  const ports = member.records.map((record) => record.port)
  if (ports.includes(port)) return []
  const message = `this node listens on ${port}, its SRV record says ${ports.join(', ')}`
  return [finding('error', PORT_DIFFERS, message, { node: name.name })]
}

export const D33 = check({
  id: 'D33',
  group: 'membership',
  place: 1,
  title: 'our own record',
  needs: ['D42', 'D24'],
  words: [NOT_REGISTERED, PORT_DIFFERS],
  look: (context) => context.get(ownListener),
  judge: judgeOwnRecord,
})
