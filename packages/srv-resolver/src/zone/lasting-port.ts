import { type Random, secretInteger } from '@dynsrv/kit'

/**
 * A port below those that systems give to outgoing connections and to port 0 (Linux from 32 768, others from 49 152): a
 * server that pauses finds it free again. One of the others could meanwhile belong to any client of the machine.
 */
export function lastingPort(random: Random): number {
  return secretInteger(random, 10_240, 32_768)
}
