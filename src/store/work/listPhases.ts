import type { Phase } from '../../lifecycle/run/run.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'

/** One round of a run. */
export interface RoundRequest {
  readonly runId: string
  readonly round: number
}

/** A phase and whose it is. */
export interface OwnedPhase {
  readonly runId: string
  readonly phase: Phase
}

const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::bigint`

/** A phase as JSON, without its attempts: nothing that is shown depends on them. */
const PHASE = `jsonb_build_object('id', p.id, 'key', p.key, 'round', p.round, 'position', p.position, 'status', p.status,
  'attempts', p.attempts, 'startedAt', ${ms('p.started_at')}, 'endedAt', ${ms('p.ended_at')}, 'error', p.error,
  'history', '[]'::jsonb) AS phase`

const LIST_ROUNDS: Prepared = {
  name: 'list-rounds',
  text: `
SELECT asked.place::int AS place, ${PHASE}
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS asked(run_id, round, place)
JOIN phase p ON p.run_id = asked.run_id AND p.round = asked.round
ORDER BY asked.place, p.position`,
}

/** The phases of rounds, in the order asked for, each in the order of its workflow; none for a round there was not. */
export async function listRounds(connection: Connection, asked: readonly RoundRequest[]): Promise<Phase[][]> {
  const rows = await query<{ place: number; phase: Phase }>(connection, LIST_ROUNDS, [
    asked.map(({ runId }) => runId),
    asked.map(({ round }) => round),
  ])
  const rounds: Phase[][] = asked.map(() => [])
  for (const { place, phase } of rows) rounds[place - 1]?.push(phase)
  return rounds
}

const FIND: Prepared = {
  name: 'find-phases',
  text: `SELECT p.run_id AS "runId", ${PHASE} FROM phase p WHERE p.id = ANY($1::text[])`,
}

/** The phases with these ids, in any order; ids that name nothing are left out. */
export function findPhases(connection: Connection, ids: readonly string[]): Promise<OwnedPhase[]> {
  return query<OwnedPhase & { [column: string]: unknown }>(connection, FIND, [ids])
}
