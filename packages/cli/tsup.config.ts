import { library } from '@dynsrv/tools/tsup'

export default library({ entry: { config: 'src/config.ts' }, programs: { 'demo-member': 'src/demo/member.ts' } })
