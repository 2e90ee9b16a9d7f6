import type { Phase } from '../../lifecycle/run/run.ts'
import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { PHASE } from './phaseJson.ts'

/** A phase and whose it is. */
export interface OwnedPhase {
  readonly runId: string
  readonly phase: Phase
}

const FIND: Prepared = {
  name: 'find-phases',
  text: `SELECT p.run_id AS "runId", ${PHASE} FROM phase p WHERE p.id = ANY($1::text[])`,
}

/** The phases with these ids, in any order; ids that name nothing are left out. */
export function findPhases(connection: Connection, ids: readonly string[]): Promise<OwnedPhase[]> {
  return query<OwnedPhase & { [column: string]: unknown }>(connection, FIND, [ids])
}
