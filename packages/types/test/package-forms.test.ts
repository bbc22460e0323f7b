import { testPackageForms } from '@dynsrv/tools/package-forms'

testPackageForms(new URL('../', import.meta.url), ['writeTypes', 'TypesError', 'isTypesError', 'TYPES_ERRORS'])
