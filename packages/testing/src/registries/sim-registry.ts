import type { RegistryFault } from './registry-fault.ts'

/** A registry with an HTTP API in a simulation: Consul, or Kubernetes. It knows every member that has a record. */
export interface SimRegistry {
  /** Where it answers: `http://10.0.0.9:8500`. */
  readonly url: string
  /** Misbehaves this way from now on. @throws {SimulationError} `SIM_BAD_OPTION` */
  fail(...faults: readonly [RegistryFault, ...RegistryFault[]]): void
  /** Behaves again. */
  heal(): void
}
