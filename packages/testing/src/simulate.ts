import { callable } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { type SimulateOptions, Simulation } from './simulation.ts'

/**
 * Makes a simulation.
 *
 * @throws {SimulationError} `SIM_BAD_OPTION`
 */
export function simulate(options?: SimulateOptions): Simulation
/**
 * Makes a simulation, runs a test in it, and closes it. When the test fails, the seed and the log are printed.
 *
 * @returns what the test gives
 * @throws {SimulationError} `SIM_BAD_OPTION`
 * @throws what the test throws
 */
export function simulate<T>(options: SimulateOptions, test: (sim: Simulation) => Promise<T> | T): Promise<T>
export function simulate<T>(
  options: SimulateOptions = {},
  test?: (sim: Simulation) => Promise<T> | T,
): Simulation | Promise<T> {
  const sim = new Simulation(options)
  if (test === undefined) return sim
  checks.argument('simulate', 'test', callable, test)
  return tested(sim, options, test)
}

async function tested<T>(
  sim: Simulation,
  { print = console.error, test: context }: SimulateOptions,
  test: (sim: Simulation) => Promise<T> | T,
): Promise<T> {
  try {
    return await test(sim)
  } catch (error) {
    // Else the context of the test prints it.
    if (context === undefined) print(sim.report())
    throw error
  } finally {
    await sim.close()
  }
}
