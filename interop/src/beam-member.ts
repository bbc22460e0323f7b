import { type Beam, companionArgs, startElixir, startErl } from '@dynsrv/tools/beam'
import type { OtpRelease } from '@dynsrv/tools/otp-release'

export interface BeamMemberOptions {
  readonly language: 'erlang' | 'elixir'
  readonly label: string
  readonly service: string
  readonly cookie: string
  /** Where it listens: its `ERL_DIST_PORT`, and the port of its SRV record. */
  readonly port: number
  /** Its DNS server, `host:port`. */
  readonly dns: string
  /** Where an epmd would be, if there were one: nothing may ever listen there. */
  readonly epmdPort: number
  readonly args?: readonly string[]
  /** Another OTP release than the one on the PATH. */
  readonly otp?: OtpRelease
}

/** A stock BEAM node that uses the companion in place of epmd. */
export function startBeamMember(options: BeamMemberOptions): Promise<Beam> {
  const { language, label, service, cookie, port, dns, epmdPort, args = [], otp } = options
  const start = language === 'erlang' ? startErl : startElixir
  return start({
    name: `${label}@${service}`,
    cookie,
    args: [...companionArgs(otp?.companion), ...args],
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: dns, ERL_EPMD_PORT: String(epmdPort) },
    ...(otp === undefined ? {} : { program: language === 'erlang' ? otp.erl : otp.elixir }),
  })
}
