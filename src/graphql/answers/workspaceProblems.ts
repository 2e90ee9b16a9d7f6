import type { WorkspaceObjection } from '../../commands/kit/workspaceAnswers.ts'
import { WorkspaceNotReadyCause, WorkspaceOperationKind } from '../enums/workspaceEnums.ts'
import { RunStatus } from '../enums/runEnums.ts'
import { problem, type Problems } from './problem.ts'
import { WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'

/** The problems of workspaces. */
export const WORKSPACE_PROBLEMS: Problems<WorkspaceObjection['type']> = {
  WorkspaceNotFound: problem('WorkspaceNotFound', 'There is no such workspace.', (t) => ({
    workspaceId: t.exposeID('workspaceId', { description: 'The unknown id.' }),
  })),
  WorkspaceTaken: problem(
    'WorkspaceTaken',
    'The directory is already recorded, with other properties.',
    (t) => ({
      workspace: t.field({
        type: WorkspaceRef,
        description: 'The workspace that has the directory.',
        resolve: ({ workspace }) => workspace,
      }),
    }),
  ),
  WorkspaceNotReady: problem(
    'WorkspaceNotReady',
    'The operation is not possible for the workspace now.',
    (t) => ({
      workspace: t.field({
        type: WorkspaceRef,
        description: 'The current workspace.',
        resolve: ({ workspace }) => workspace,
      }),
      kind: t.expose('kind', { type: WorkspaceOperationKind, description: 'The requested operation.' }),
      because: t.expose('because', { type: WorkspaceNotReadyCause, description: 'Why it is not possible.' }),
      runId: t.id({
        nullable: true,
        description: 'The run that prevents it; null if none does.',
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
    operationId: t.exposeID('operationId', { description: 'The unknown id.' }),
  })),
  OperationNotStartable: problem(
    'OperationNotStartable',
    'The operation has ended, or a worker is performing it.',
    (t) => ({
      operation: t.field({
        type: WorkspaceOperationRef,
        description: 'The current operation.',
        resolve: ({ operation }) => ({ operation }),
      }),
    }),
  ),
  OperationNotFinishable: problem(
    'OperationNotFinishable',
    'The operation has ended, or was started again by another worker.',
    (t) => ({
      operation: t.field({
        type: WorkspaceOperationRef,
        description: 'The current operation.',
        resolve: ({ operation }) => ({ operation }),
      }),
    }),
  ),
}
