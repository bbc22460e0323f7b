import { testPackageForms } from '@dynsrv/tools/package-forms'

testPackageForms(new URL('../', import.meta.url), ['simulate', 'SimulationError', 'isSimulationError', 'SIM_ERRORS'])
