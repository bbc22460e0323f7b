import { distribution } from './distribution.ts'
import { eiAccept } from './ei-accept.ts'
import { eiConnect } from './ei-connect.ts'
import { jinterface } from './jinterface.ts'
import { nc } from './nc.ts'
import { pg } from './pg.ts'

/** The suites of OTP that a node of ours takes part in. */
export const SUITES = [nc, jinterface, eiConnect, eiAccept, distribution, pg]
