import { realWorld } from '@dynsrv/kit'

/** A person runs the command line, so its world is the real one. All that a command takes from outside comes through here. */
export const { clock, files, random, system } = realWorld
