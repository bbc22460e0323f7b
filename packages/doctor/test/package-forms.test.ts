import { testPackageForms } from '@dynsrv/tools/package-forms'

testPackageForms(new URL('../', import.meta.url), ['CHECKS', 'CATALOGUE', 'diagnose'])
