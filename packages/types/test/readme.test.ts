import { testReadme } from '@dynsrv/tools/readme-blocks'

testReadme(new URL('../', import.meta.url))
