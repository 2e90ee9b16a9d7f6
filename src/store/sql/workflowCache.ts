import { LRUCache } from 'lru-cache'
import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import { parseWorkflow } from '../../lifecycle/workflow/workflow.ts'
import { column, type Connection, prepare, query, type RowOf } from './statement.ts'

/** A registered workflow. */
export interface StoredWorkflow {
  readonly id: string
  /** The project it belongs to; null: the whole installation. */
  readonly project: string | null
  readonly name: string
  readonly version: number
  readonly definition: WorkflowDefinition
  readonly createdAt: Date
}

/** A workflow as statements read it. */
export const WORKFLOW_ROW = {
  id: column('workflow', 'id'),
  project: column('workflow', 'project'),
  name: column('workflow', 'name'),
  version: column('workflow', 'version'),
  definition: column('workflow', 'definition'),
  created_at: column('workflow', 'created_at'),
}

/** The columns of `WORKFLOW_ROW`, of the table `w`. */
export const WORKFLOW_COLUMNS = Object.keys(WORKFLOW_ROW)
  .map((name) => `w.${name}`)
  .join(', ')

const GET = prepare({
  name: 'get-workflows',
  row: WORKFLOW_ROW,
  text: `SELECT ${WORKFLOW_COLUMNS} FROM workflow w WHERE w.id = ANY($1)`,
})

/** How many workflows are cached; the least recently used ones are evicted. */
const MAX_WORKFLOWS = 1_000

/** Workflows by id. A registered version never changes, so cached entries stay valid. */
export class WorkflowCache {
  private readonly known = new LRUCache<string, StoredWorkflow>({ max: MAX_WORKFLOWS })

  constructor(private readonly connection: Connection) {}

  /**
   * The workflow with this id, which must exist: runs reference it.
   *
   * @throws if it does not exist
   */
  async get(id: string): Promise<StoredWorkflow> {
    const known = this.known.get(id)
    if (known) return known
    const [workflow] = await this.read([id])
    if (!workflow) throw new Error(`there is no workflow ${id}`)
    return workflow
  }

  /** The workflows with these ids, in any order; unknown ids are left out. */
  async read(ids: readonly string[]): Promise<StoredWorkflow[]> {
    const rows = await query(this.connection, GET, [ids])
    return rows.map((row) => this.keep(row))
  }

  /** Caches a workflow read from the database; an already cached one is returned as it is. */
  keep({ created_at: createdAt, ...row }: RowOf<typeof WORKFLOW_ROW>): StoredWorkflow {
    const known = this.known.get(row.id)
    if (known) return known
    const parsed = parseWorkflow(row.definition)
    if (!parsed.ok) throw new Error(`workflow ${row.name} version ${row.version} is stored with mistakes`)
    const workflow = { ...row, createdAt, definition: parsed.definition }
    this.known.set(row.id, workflow)
    return workflow
  }
}
