import { CodedError, type CodedErrorOptions, type ErrorTable, isCoded } from '@dynsrv/kit'

/** What can be wrong with a simulation. */
export type SimulationErrorCode =
  | 'SIM_BAD_OPTION'
  | 'SIM_CLOSED'
  | 'SIM_NOT_MODELLED'
  | 'SIM_TIME_STUCK'
  | 'SIM_UNKNOWN_MEMBER'
  | 'SIM_WAIT_OVER'

/** What each code of the simulator means. */
export const SIM_ERRORS: ErrorTable<SimulationErrorCode> = {
  SIM_BAD_OPTION: {
    happened: 'The simulator got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  SIM_CLOSED: {
    happened: 'A simulation was used after its end.',
    why: 'The block of `await using` was left, or close() was called.',
    hint: 'Await everything that the test begins, and use the simulation within its block.',
    category: 'closed',
  },
  SIM_NOT_MODELLED: {
    happened: 'A program in the simulator wants something that the simulator does not have.',
    why: 'It uses TLS or a kind of DNS query that is not modelled.',
    hint: 'Leave it out in this test, and test it over real sockets.',
    category: 'option',
  },
  SIM_TIME_STUCK: {
    happened: 'Virtual time does not pass.',
    why: 'A loop of the program begins a new turn at once, again and again, and waits for a later time.',
    hint: 'Wait with a timer in place of a loop.',
    category: 'limit',
  },
  SIM_UNKNOWN_MEMBER: {
    happened: 'The simulator does not know a member.',
    why: 'It is not of this simulation, or it was replaced by a restart.',
    hint: 'Use what members() or restart() gave last.',
    category: 'option',
  },
  SIM_WAIT_OVER: {
    happened: 'Something did not come true in time.',
    why: 'The cluster did not do what the test waits for. The log of the simulation shows what it did.',
    hint: 'Read the log, or wait longer.',
    category: 'limit',
  },
}

/** Details of a {@link SimulationError}. */
export interface SimulationErrorOptions extends CodedErrorOptions {}

/** Every error of this package; recognise it by `code`. */
export class SimulationError extends CodedError<SimulationErrorCode> {
  override readonly name = 'SimulationError'

  constructor(code: SimulationErrorCode, message: string, options?: SimulationErrorOptions) {
    super(SIM_ERRORS, code, message, options)
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it made the error. */
export function isSimulationError(error: unknown): error is SimulationError {
  return isCoded(error) && Object.hasOwn(SIM_ERRORS, error.code)
}
