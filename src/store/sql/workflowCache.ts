import { LRUCache } from 'lru-cache'
import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import { parseWorkflow } from '../../lifecycle/workflow/workflow.ts'
import type { PrismaClient } from '../generated/client.ts'

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

/** How many workflows are cached; the least recently used ones are evicted. */
const MAX_WORKFLOWS = 1_000

/** Workflows by id. A registered version never changes, so cached entries stay valid. */
export class WorkflowCache {
  private readonly known = new LRUCache<string, StoredWorkflow>({ max: MAX_WORKFLOWS })

  constructor(private readonly prisma: PrismaClient) {}

  /**
   * The workflow with this id, which must exist: runs reference it.
   *
   * @throws if it does not exist
   */
  async get(id: string): Promise<StoredWorkflow> {
    const known = this.known.get(id)
    if (known) return known
    return this.keep(await this.prisma.workflow.findUniqueOrThrow({ where: { id } }))
  }

  /** Caches a workflow read from the database; an already cached one is returned as it is. */
  keep(row: {
    id: string
    project: string | null
    name: string
    version: number
    definition: unknown
    createdAt: Date
  }): StoredWorkflow {
    const known = this.known.get(row.id)
    if (known) return known
    const parsed = parseWorkflow(row.definition)
    if (!parsed.ok) throw new Error(`workflow ${row.name} version ${row.version} is stored with mistakes`)
    const workflow = { ...row, definition: parsed.definition }
    this.known.set(row.id, workflow)
    return workflow
  }
}
