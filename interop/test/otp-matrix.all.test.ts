import { OLDER_SUITES } from '@dynsrv/tools/otp-release'
import { testGlobal } from '../src/otp-matrix/global.ts'
import { testGroups } from '../src/otp-matrix/groups.ts'
import { testMembers } from '../src/otp-matrix/members.ts'
import { testMessages } from '../src/otp-matrix/messages.ts'

testMessages(OLDER_SUITES)
testMembers(OLDER_SUITES)
testGlobal(OLDER_SUITES)
testGroups(OLDER_SUITES)
