import { library } from '@dynsrv/tools/tsup'

export default library({ entry: { cli: 'src/cli.ts' }, programs: { 'demo-member': 'src/demo/member.ts' } })
