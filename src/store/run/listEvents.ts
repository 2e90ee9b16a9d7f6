import { parseEvent, type RunEvent } from '../../lifecycle/run/events.ts'
import { column, type Connection, int, prepare, query } from '../sql/statement.ts'

/** A part of one run's log. */
export interface EventsRequest {
  readonly runId: string
  /** The `seq` after which the page starts. */
  readonly after: number
  /** The last `seq` to include. */
  readonly upTo: number
}

const LIST = prepare({
  name: 'list-events',
  row: {
    place: int,
    seq: column('event', 'seq'),
    epoch: column('event', 'epoch'),
    type: column('event', 'type'),
    actor: column('event', 'actor'),
    actorId: column('event', 'actor_id'),
    at: column('event', 'at'),
    payload: column('event', 'payload'),
  },
  text: `
SELECT asked.place::int AS place, e.seq, e.epoch, e.type, e.actor, e.actor_id AS "actorId", e.at, e.payload
FROM unnest($1::text[], $2::int[], $3::int[]) WITH ORDINALITY AS asked(run_id, "after", up_to, place)
CROSS JOIN LATERAL (
  SELECT seq, epoch, type, actor, actor_id, at, payload FROM event
  WHERE run_id = asked.run_id AND seq > asked."after" AND seq <= asked.up_to
) e
ORDER BY asked.place, e.seq`,
})

/** Parts of logs in the order of the requests, each ordered by `seq`. */
export async function listEvents(
  connection: Connection,
  asked: readonly EventsRequest[],
): Promise<RunEvent[][]> {
  const rows = await query(connection, LIST, [
    asked.map(({ runId }) => runId),
    asked.map(({ after }) => after),
    asked.map(({ upTo }) => upTo),
  ])
  const pages: RunEvent[][] = asked.map(() => [])
  for (const { place, at, ...row } of rows) pages[place - 1]?.push(parseEvent({ ...row, at: at.getTime() }))
  return pages
}
