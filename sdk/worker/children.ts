import type { RunDetail } from '../request/types.ts'

/** Whether a run has nothing left to do but to wait until the children attached to it have ended. */
export function waitsForChildren({ status, missingEvidence }: RunDetail): boolean {
  return (
    status === 'RUNNING' &&
    missingEvidence.length > 0 &&
    missingEvidence.every(({ kind }) => kind === 'CHILD')
  )
}
