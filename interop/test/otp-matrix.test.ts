import { NEWEST_SUITE } from '@dynsrv/tools/otp-release'
import { testGlobal } from '../src/otp-matrix/global.ts'
import { testGroups } from '../src/otp-matrix/groups.ts'
import { testMembers } from '../src/otp-matrix/members.ts'
import { testMessages } from '../src/otp-matrix/messages.ts'

// The installed release and the newest one; those between and before are in otp-matrix.all.test.ts. The first test of the
// newest takes some 20 s on a machine that has not fetched it yet.
testMessages([undefined, NEWEST_SUITE])
testMembers([NEWEST_SUITE])
testGlobal([NEWEST_SUITE])
testGroups([undefined, NEWEST_SUITE])
