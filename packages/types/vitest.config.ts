import { library } from '@dynsrv/tools/vitest'

export default library({ name: 'types' })
