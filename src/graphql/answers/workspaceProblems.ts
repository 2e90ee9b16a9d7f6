import type { WorkspaceObjection } from '../../commands/kit/workspaceAnswers.ts'
import { WorkspaceNotReadyCause, WorkspaceOperationKind } from '../enums/workspaceEnums.ts'
import { RunStatus } from '../enums/runEnums.ts'
import { problem, type Problems } from './problem.ts'
import { WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'

/** The problems of workspaces. */
export const WORKSPACE_PROBLEMS: Problems<WorkspaceObjection['type']> = {
  WorkspaceTaken: problem('WorkspaceTaken', (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace that has the directory.',
      resolve: ({ workspace }) => workspace,
    }),
  })),
  WorkspaceNotReady: problem('WorkspaceNotReady', (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The current workspace.',
      resolve: ({ workspace }) => workspace,
    }),
    operationKind: t.expose('kind', {
      type: WorkspaceOperationKind,
      description: 'The requested operation.',
    }),
    obstacle: t.expose('because', { type: WorkspaceNotReadyCause, description: 'Why it is not possible.' }),
    blockingRunId: t.id({
      nullable: true,
      description: 'The run that prevents it; null if none does.',
      resolve: ({ by }) => by?.id ?? null,
    }),
    blockingRunStatus: t.field({
      type: RunStatus,
      nullable: true,
      description: 'Why that run is in the way: what it is now; null if none is.',
      resolve: ({ by }) => by?.status ?? null,
    }),
  })),
  OperationNotStartable: problem('OperationNotStartable', (t) => ({
    operation: t.field({
      type: WorkspaceOperationRef,
      description: 'The current operation.',
      resolve: ({ operation }) => ({ operation }),
    }),
  })),
  OperationNotFinishable: problem('OperationNotFinishable', (t) => ({
    operation: t.field({
      type: WorkspaceOperationRef,
      description: 'The current operation.',
      resolve: ({ operation }) => ({ operation }),
    }),
  })),
}
