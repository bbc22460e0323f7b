import { realPrograms, realWorld, type World } from '@dynsrv/kit'

/** The machine that we run on, with its programs: Docker's Compose is asked what it makes of a file. */
export const doctorWorld: World = { ...realWorld, programs: realPrograms }
