import { createHash } from 'node:crypto'
import { newId } from './ids.ts'

/** What a decision may ask for, since it makes no ids and hashes nothing by itself. */
export const DECISION_FUNCTIONS = {
  newPhaseId: () => newId('phase'),
  newApprovalId: () => newId('approval'),
  sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
}
