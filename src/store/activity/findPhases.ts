import type { Phase } from '../../lifecycle/run/run.ts'
import { column, type Connection, json, prepare, query } from '../sql/statement.ts'
import { PHASE } from './phaseJson.ts'

/** A phase and the id of its run. */
export interface OwnedPhase {
  readonly runId: string
  readonly phase: Phase
}

const FIND = prepare({
  name: 'find-phases',
  row: {
    runId: column('phase', 'run_id'),
    phase: json<Phase>(),
  },
  text: `SELECT p.run_id AS "runId", ${PHASE} FROM phase p WHERE p.id = ANY($1::text[])`,
})

/** The phases with these ids, in any order; unknown ids are left out. */
export function findPhases(connection: Connection, ids: readonly string[]): Promise<OwnedPhase[]> {
  return query(connection, FIND, [ids])
}
