import { createHash } from 'node:crypto'
import { newId } from './ids.ts'

/** Id generation and hashing for decisions, which are pure. */
export const DECISION_FUNCTIONS = {
  newPhaseId: () => newId('phase'),
  newApprovalId: () => newId('approval'),
  sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
}
