import { check } from '../check.ts'
import { introduced } from '../probes/introductions.ts'
import { judgeNames } from './d05-peer-names.ts'

export const D12 = check({
  id: 'D12',
  group: 'handshake',
  place: 3,
  title: 'names differ in more than case',
  look: introduced,
  judge: (peers) => judgeNames(peers, ['case']),
})
