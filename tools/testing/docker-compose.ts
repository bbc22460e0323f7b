import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The path of a real `docker-compose` of version 2 or later: from `DYNSRV_DOCKER_COMPOSE`, or fetched once from Debian. */
export function dockerComposeProgram(): string {
  const { DYNSRV_DOCKER_COMPOSE } = process.env
  if (DYNSRV_DOCKER_COMPOSE !== undefined && DYNSRV_DOCKER_COMPOSE !== '') return DYNSRV_DOCKER_COMPOSE
  const script = fileURLToPath(new URL('../peers/compose.sh', import.meta.url))
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}
