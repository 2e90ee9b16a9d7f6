import type DataLoader from 'dataloader'
import type { WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import { listOperationsOfWorkspaces } from '../../store/workspace/listWorkspaces.ts'
import type { OwnedPageRequest } from '../../store/sql/ownedPages.ts'
import type { Page } from '../../store/sql/page.ts'
import { findPatches } from '../../store/workspace/findPatches.ts'
import { findWorkspaceOperations } from '../../store/workspace/findWorkspaceOperations.ts'
import { findWorkspaceResults, type StoredResult } from '../../store/workspace/findWorkspaceResults.ts'
import { findWorkspaces } from '../../store/workspace/findWorkspaces.ts'
import { findWorkspacesOfRuns } from '../../store/workspace/findWorkspacesOfRuns.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import type { Loaders } from './loaders.ts'

/** Reads of workspaces. */
export interface WorkspaceReads {
  readonly workspace: DataLoader<string, LoadedWorkspace | null>
  /** The workspace of a run, by the run's id. */
  readonly workspaceOfRun: DataLoader<string, LoadedWorkspace | null>
  readonly workspaceOperation: DataLoader<string, WorkspaceOperation | null>
  readonly operationsOfWorkspace: DataLoader<OwnedPageRequest, Page<WorkspaceOperation>, string>
  /** The result of an operation, by its id. */
  readonly operationResult: DataLoader<string, StoredResult | null>
  /** The patch of a DIFF, by the id of the operation. */
  readonly patch: DataLoader<string, { readonly patch: string } | null>
}

/** Prepares the reads of workspaces. */
export function prepareWorkspaceReads({ byId, inOrder }: Loaders): WorkspaceReads {
  return {
    workspace: byId(findWorkspaces, ({ workspace }) => workspace.id),
    workspaceOfRun: byId(findWorkspacesOfRuns, ({ runId }) => runId),
    workspaceOperation: byId(findWorkspaceOperations, ({ id }) => id),
    operationsOfWorkspace: inOrder(listOperationsOfWorkspaces),
    operationResult: byId(findWorkspaceResults, ({ id }) => id),
    patch: byId(findPatches, ({ id }) => id),
  }
}
