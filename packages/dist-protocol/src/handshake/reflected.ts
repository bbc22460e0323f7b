import { DistError } from '../error.ts'

/** The error for a peer that shows us a challenge of our own. */
export function reflected(peer: string): DistError {
  return new DistError(
    'DIST_REFLECTED',
    `${peer} shows us a challenge of our own, as somebody does who lacks the cookie`,
    {
      peer,
    },
  )
}

/** No challenge is ours. */
export const never = (): boolean => false
