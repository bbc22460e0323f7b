import { filledText, flag, optional, realWorld, text, type World, worldShape } from '@dynsrv/kit'
import { checks } from './argument-checks.ts'

/**
 * The name of a node that lives for one command: it is registered nowhere, and no two are alike.
 *
 * @param name the name, if one is wanted
 * @param short whether the node has a short name
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function throwAwayName(name: string | undefined, short: boolean, world: World = realWorld): string {
  checks.argument('throwAwayName', 'name', optional(filledText), name)
  checks.argument('throwAwayName', 'short', flag, short)
  checks.argument('throwAwayName', 'world', worldShape, world)
  if (name !== undefined) return name
  const machine = (world.system.hostName().split('.')[0] ?? '').replace(/[^0-9A-Za-z-]/g, '')
  const host = short ? machine || 'localhost' : '127.0.0.1'
  return `dynsrv-${Buffer.from(world.random.bytes(4)).toString('hex')}@${host}`
}

/**
 * Whether a node lives for one of our commands only: it never registers, and `doctor` leaves before it has proved itself.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function isThrowAway(name: string): boolean {
  checks.argument('isThrowAway', 'name', text, name)
  return /^dynsrv-[0-9a-f]{8}@/i.test(name)
}
