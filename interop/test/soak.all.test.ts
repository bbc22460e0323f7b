import { testSoak } from '../soak/test-soak.ts'

testSoak('TLS')
