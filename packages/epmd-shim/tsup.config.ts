import { library } from '@dynsrv/tools/tsup'

export default library({ entry: { contract: 'src/contract.ts' } })
