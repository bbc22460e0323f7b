export type {
  Clock,
  FileFacts,
  Files,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export {
  HEALTH_PORT,
  type HealthOptions,
  type HealthServer,
  type Route,
  startHealthServer,
} from './health/health-server.ts'
export { type Readiness, readiness, type TopologyReadiness } from './health/readiness.ts'
export { type PageOptions, pageRoutes } from './live/page-routes.ts'
