import { describe, expect, it } from 'vitest'
import {
  DFLAG_ALTACT_SIG,
  DFLAG_MANDATORY_25_DIGEST,
  DFLAG_UNLINK_ID,
  DFLAG_V4_NC,
  expandFlags,
  FLAG_TABLE,
  flagNames,
  HIDDEN_FLAGS,
  MANDATORY_FLAGS,
  missingFlags,
  type OtpRelease,
  refusals,
  VISIBLE_FLAGS,
} from '../src/flags.ts'

// What real nodes announce, from recorded handshakes.
const ANNOUNCED: readonly [OtpRelease, bigint][] = [
  [23, 0x101df7fbdn],
  [25, 0xd07df7fbdn],
  [27, 0xd07df7fbdn],
  [29, 0x6d07df7fbdn],
]

describe('flags', () => {
  it('every bit has one name', () => {
    expect(new Set(FLAG_TABLE.map(({ flag }) => flag)).size).toBe(FLAG_TABLE.length)
    expect(flagNames(0n)).toStrictEqual([])
    expect(flagNames(1n | (1n << 15n) | (1n << 50n))).toStrictEqual(['PUBLISHED', 'bit 15', 'bit 50'])
  })

  it('the mandatory sets are those that the releases enforce', () => {
    expect(MANDATORY_FLAGS[23]).toBe(0x50184n)
    expect(MANDATORY_FLAGS[25]).toBe(0x1070f94n)
    expect(MANDATORY_FLAGS[26]).toBe(0x403070f94n)
    expect(MANDATORY_FLAGS[29]).toBe(MANDATORY_FLAGS[26])
  })

  it('a hidden node announces bit for bit what a hidden OTP 25 does, and ALTACT_SIG', () => {
    expect(HIDDEN_FLAGS ^ DFLAG_ALTACT_SIG).toBe(0xd07df7fbcn)
    expect(VISIBLE_FLAGS ^ DFLAG_ALTACT_SIG).toBe(0xd07df7fbdn)
  })

  it.each(ANNOUNCED)('what OTP %i announces is enough for us', (_release, flags) => {
    expect(missingFlags(flags)).toStrictEqual([])
  })

  it.each(ANNOUNCED)('what we announce is enough for OTP %i', (release) => {
    expect(missingFlags(HIDDEN_FLAGS, release)).toStrictEqual([])
    expect(refusals(HIDDEN_FLAGS)).toStrictEqual([])
  })

  it('OTP 23 is refused by 26 and later, and the two flags are named', () => {
    expect(missingFlags(0x101df7fbdn, 26)).toStrictEqual(['UNLINK_ID', 'V4_NC'])
    expect(refusals(0x101df7fbdn).map(({ release }) => release)).toStrictEqual([26, 27, 28, 29])
  })

  it('the shorthand stands for what OTP 25 requires, and OTP 23 does not know it', () => {
    const shorthand = DFLAG_MANDATORY_25_DIGEST
    expect(expandFlags(shorthand)).toBe(shorthand | MANDATORY_FLAGS[25])
    expect(refusals(shorthand | DFLAG_V4_NC | DFLAG_UNLINK_ID).map(({ release }) => release)).toStrictEqual([23])
    expect(refusals(shorthand).map(({ release }) => release)).toStrictEqual([23, 26, 27, 28, 29])
  })

  it('bits that nobody knows stay out of what is agreed', () => {
    expect(expandFlags(1n << 60n)).toBe(0n)
  })
})
