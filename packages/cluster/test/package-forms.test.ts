import { testPackageForms } from '@dynsrv/tools/package-forms'

testPackageForms(new URL('../', import.meta.url), [
  'start',
  'Cluster',
  'DynsrvError',
  'explain',
  'findCookie',
  'serviceName',
])
