import { library } from '@dynsrv/tools/tsup'

export default library({
  entry: { config: 'src/config.ts' },
  later: { commands: 'src/commands/loaded.ts' },
  programs: { 'demo-member': 'src/demo/member.ts' },
})
