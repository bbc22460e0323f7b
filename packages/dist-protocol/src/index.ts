import { placeholder } from '@dynsrv/etf'
export const p2 = placeholder
