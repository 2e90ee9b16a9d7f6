import { type Connection, prepare, query } from '../sql/statement.ts'
import { insertInto } from '../sql/columns.ts'
import { type Announcement, type StoredWorker, WORKER_COLUMNS, WORKER_ROW } from './workers.ts'

/** How many workers of a principal are kept; those that were not heard for longest are forgotten first. */
const MAX_WORKERS = 1_000

const ANNOUNCE = prepare({
  name: 'announce-worker',
  row: WORKER_ROW,
  text: `
WITH excess AS (
  DELETE FROM worker WHERE id IN (
    SELECT id FROM worker WHERE principal_id = $2 AND instance <> $3
    ORDER BY heard_at DESC, id DESC OFFSET ${MAX_WORKERS - 1}
  )
)
${insertInto(
  'worker',
  {
    id: '$1',
    principal_id: '$2',
    instance: '$3',
    name: '$4',
    host: '$5',
    program: '$6',
    state: '$7::worker_state',
    problem: '$8',
    concurrency: '$9::int',
    workflows: '$10::text[]',
    labels: '$11::text[]',
    projects: '$12::text[]',
    agents: '$13::jsonb',
    created_at: 'clock_timestamp()',
    heard_at: 'clock_timestamp()',
  },
  'w',
)}
ON CONFLICT (principal_id, instance) DO UPDATE SET
  name = excluded.name, host = excluded.host, program = excluded.program, state = excluded.state, problem = excluded.problem,
  concurrency = excluded.concurrency, workflows = excluded.workflows, labels = excluded.labels, projects = excluded.projects,
  agents = excluded.agents, heard_at = excluded.heard_at
RETURNING ${WORKER_COLUMNS}`,
})

/** Records that a worker was heard, and what it says of itself. */
export async function announceWorker(
  connection: Connection,
  id: string,
  principalId: string,
  said: Announcement,
): Promise<StoredWorker> {
  const [row] = await query(connection, ANNOUNCE, [
    id,
    principalId,
    said.instance,
    said.name,
    said.host,
    said.program,
    said.state,
    said.problem,
    said.concurrency,
    said.workflows,
    said.labels,
    said.projects,
    JSON.stringify(said.agents),
  ])
  if (!row) throw new Error('an announcement was not recorded')
  return row
}
