import { library } from '@dynsrv/tools/tsup'

export default library({ entry: { 'prom-client': 'src/prom-client.ts', opentelemetry: 'src/opentelemetry.ts' } })
