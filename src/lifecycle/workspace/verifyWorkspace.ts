import type { Difference } from '../log/verify.ts'
import { isEnded, type PresentWorkspace, type WorkspaceOperation } from './workspace.ts'

/** A stored workspace, and the data it must agree with. */
export interface StoredWorkspace {
  /** Project of a run that works in it. */
  readonly project: string
  readonly workspace: PresentWorkspace
  /** The number of runs that actually work in it. */
  readonly links: number
  readonly operations: readonly WorkspaceOperation[]
}

/**
 * Compares a workspace with its runs and its operations: finds states that the rules never write but the database
 * does not refuse. Returns a text for each difference.
 */
export function verifyWorkspace({ project, workspace, links, operations }: StoredWorkspace): Difference[] {
  const { id, runCount, status } = workspace
  const found: string[] = []
  if (workspace.project !== project) found.push(`is of project ${workspace.project}, its run of ${project}`)
  if (runCount !== links) found.push(`counts ${runCount} runs, and ${links} work in it`)
  for (const operation of operations) {
    const { startedAt, endedAt, requestedAt } = operation
    const name = `its operation ${operation.id}`
    if (isEnded(operation) !== (endedAt !== null))
      found.push(`${name} is ${operation.status}, and ${endedAt === null ? 'did not end' : 'ended'}`)
    if (endedAt !== null && endedAt < (startedAt ?? requestedAt)) found.push(`${name} ended before it began`)
    if (status === 'REMOVED' && !isEnded(operation))
      found.push(`is REMOVED, and ${name} is ${operation.status}`)
  }
  const removals = operations.filter((each) => each.kind === 'REMOVE' && each.status === 'SUCCEEDED')
  if (removals.length !== (status === 'REMOVED' ? 1 : 0))
    found.push(`is ${status}, and ${removals.length} removals of it succeeded`)
  return found.map((detail) => ({ guarantee: 'G6', detail: `workspace ${id} ${detail}` }))
}
