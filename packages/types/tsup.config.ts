import { library } from '@dynsrv/tools/tsup'

export default library()
