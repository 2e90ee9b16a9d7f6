import type { WorkspaceObjection } from '../../commands/kit/workspaceAnswers.ts'
import { WorkspaceNotReadyCause, WorkspaceOperationKind } from '../enums/workspaceEnums.ts'
import { RunStatus } from '../enums/runEnums.ts'
import { problem, type Problems } from './problem.ts'
import { WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'

/** The problems of workspaces. */
export const WORKSPACE_PROBLEMS: Problems<WorkspaceObjection['type']> = {
  WorkspaceNotFound: problem('WorkspaceNotFound', 'There is no such workspace.', (t) => ({
    workspaceId: t.exposeID('workspaceId', { description: 'The id that names nothing.' }),
  })),
  WorkspaceTaken: problem('WorkspaceTaken', 'The directory is recorded already, as something else.', (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace that has the directory.',
      resolve: ({ workspace }) => workspace,
    }),
  })),
  WorkspaceNotReady: problem(
    'WorkspaceNotReady',
    'The operation is not possible for the workspace now.',
    (t) => ({
      workspace: t.field({
        type: WorkspaceRef,
        description: 'The workspace as it is now.',
        resolve: ({ workspace }) => workspace,
      }),
      kind: t.expose('kind', { type: WorkspaceOperationKind, description: 'What was to be done.' }),
      because: t.expose('because', { type: WorkspaceNotReadyCause, description: 'What stands against it.' }),
      runId: t.id({
        nullable: true,
        description: 'The run that stands against it; null where none does.',
        resolve: ({ by }) => by?.id ?? null,
      }),
      status: t.field({
        type: RunStatus,
        nullable: true,
        description: 'The status of that run.',
        resolve: ({ by }) => by?.status ?? null,
      }),
    }),
  ),
  WorkspaceOperationNotFound: problem('WorkspaceOperationNotFound', 'There is no such operation.', (t) => ({
    operationId: t.exposeID('operationId', { description: 'The id that names nothing.' }),
  })),
  OperationNotStartable: problem(
    'OperationNotStartable',
    'The operation has ended, or a worker is at it.',
    (t) => ({
      operation: t.field({
        type: WorkspaceOperationRef,
        description: 'The operation as it is now.',
        resolve: ({ operation }) => ({ operation }),
      }),
    }),
  ),
  OperationNotFinishable: problem(
    'OperationNotFinishable',
    'The operation is not, or no longer, yours to end: it has ended, or was started again.',
    (t) => ({
      operation: t.field({
        type: WorkspaceOperationRef,
        description: 'The operation as it is now.',
        resolve: ({ operation }) => ({ operation }),
      }),
    }),
  ),
}
