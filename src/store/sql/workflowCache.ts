import { LRUCache } from 'lru-cache'
import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import { parseWorkflow } from '../../lifecycle/workflow/workflow.ts'
import type { PrismaClient } from '../generated/client.ts'

/** A registered workflow. */
export interface StoredWorkflow {
  readonly id: string
  /** The project it belongs to; null: the installation's. */
  readonly project: string | null
  readonly name: string
  readonly version: number
  readonly definition: WorkflowDefinition
  readonly createdAt: Date
}

/** How many workflows are kept in memory; those that are used least recently are read again. */
const MAX_WORKFLOWS = 1_000

/** Workflows by id. A registered version never changes, so what was read once stays true. */
export class WorkflowCache {
  private readonly known = new LRUCache<string, StoredWorkflow>({ max: MAX_WORKFLOWS })

  constructor(private readonly prisma: PrismaClient) {}

  /** The workflow with this id, which a run refers to and which therefore exists. */
  async get(id: string): Promise<StoredWorkflow> {
    const known = this.known.get(id)
    if (known) return known
    return this.keep(await this.prisma.workflow.findUniqueOrThrow({ where: { id } }))
  }

  /** Remembers a workflow as it was read from the database; one that is known is not read again. */
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
