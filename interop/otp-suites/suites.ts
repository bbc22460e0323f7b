import { jinterface } from './jinterface.ts'
import { nc } from './nc.ts'

/** The suites of OTP that a node of ours takes part in. */
export const SUITES = [nc, jinterface]
