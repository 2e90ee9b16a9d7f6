import { type Connection, int, json, prepare, query } from '../sql/statement.ts'
import { PHASE } from './phaseJson.ts'
import type { Phase } from '../../lifecycle/run/run.ts'

/** One round of a run. */
export interface RoundRequest {
  readonly runId: string
  readonly round: number
}

const LIST_ROUNDS = prepare({
  name: 'list-rounds',
  row: {
    place: int,
    phase: json<Phase>(),
  },
  text: `
SELECT asked.place::int AS place, ${PHASE}
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS asked(run_id, round, place)
JOIN phase p ON p.run_id = asked.run_id AND p.round = asked.round
ORDER BY asked.place, p.position`,
})

/**
 * The phases of rounds, in the order of the requests, each in workflow order; empty for a round that does not exist.
 */
export async function listRounds(connection: Connection, asked: readonly RoundRequest[]): Promise<Phase[][]> {
  const rows = await query(connection, LIST_ROUNDS, [
    asked.map(({ runId }) => runId),
    asked.map(({ round }) => round),
  ])
  const rounds: Phase[][] = asked.map(() => [])
  for (const { place, phase } of rows) rounds[place - 1]?.push(phase)
  return rounds
}
