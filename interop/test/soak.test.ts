import { testSoak } from '../soak/test-soak.ts'

// Over TLS it is in soak.all.test.ts.
testSoak('TCP')
