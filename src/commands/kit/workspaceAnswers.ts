import { explainObstacle, type WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import type { WorkspaceRefusal } from '../../lifecycle/workspace/decideWorkspace.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'

/** Why a command about a workspace is refused, with the current workspace if it is about one. */
export type WorkspaceObjection =
  | { readonly type: 'WorkspaceTaken'; readonly workspace: LoadedWorkspace }
  | Exclude<WorkspaceRefusal, { type: 'WorkspaceNotReady' | 'InvalidInput' | 'NotFound' }>
  | (Extract<WorkspaceRefusal, { type: 'WorkspaceNotReady' }> & { readonly workspace: LoadedWorkspace })

/** Explains the objection in a sentence. */
export function explainWorkspace(objection: WorkspaceObjection): string {
  switch (objection.type) {
    case 'WorkspaceTaken': {
      const { id, host, path } = objection.workspace.workspace
      return `${path} on ${host} is recorded as ${id}, with another kind, repository, branch or base commit; remove that one first.`
    }
    case 'WorkspaceNotReady':
      return explainObstacle(objection.kind, objection)
    case 'OperationNotStartable':
      return explainNotStartable(objection.operation)
    case 'OperationNotFinishable': {
      const { id, status, attempt } = objection.operation
      return `The operation ${id} is ${status} in attempt ${attempt}: your result is no longer accepted.`
    }
  }
}

function explainNotStartable({ id, status, worker, deadlineAt }: WorkspaceOperation): string {
  if (status !== 'STARTED') return `The operation ${id} has ended: it is ${status}.`
  const until = deadlineAt === null ? '' : ` until ${new Date(deadlineAt).toISOString()}`
  return `The operation ${id} was started by ${worker ?? 'another worker'}, who performs it${until}.`
}
