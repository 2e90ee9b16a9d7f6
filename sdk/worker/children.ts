import type { RunDetail } from '../request/types.ts'

/** Whether a run is only waiting for its attached children to end. */
export function waitsForChildren({ status, missingEvidence }: RunDetail): boolean {
  return (
    status === 'RUNNING' &&
    missingEvidence.length > 0 &&
    missingEvidence.every(({ kind }) => kind === 'CHILD')
  )
}
