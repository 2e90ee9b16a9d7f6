import type DataLoader from 'dataloader'
import type { WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import {
  listOperationsOfWorkspaces,
  type WorkspacePageRequest,
} from '../../store/workspace/listWorkspaces.ts'
import type { Page } from '../../store/sql/page.ts'
import { findPatches } from '../../store/workspace/findPatches.ts'
import { findWorkspaceOperations } from '../../store/workspace/findWorkspaceOperations.ts'
import { findWorkspaceResults, type StoredResult } from '../../store/workspace/findWorkspaceResults.ts'
import { findWorkspaces } from '../../store/workspace/findWorkspaces.ts'
import { findWorkspacesOfRuns } from '../../store/workspace/findWorkspacesOfRuns.ts'
import { listRunsOfWorkspaces } from '../../store/workspace/listRunsOfWorkspaces.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import type { Loaders } from './loaders.ts'

/** Reads of workspaces. */
export interface WorkspaceReads {
  readonly workspace: DataLoader<string, LoadedWorkspace | null>
  /** The workspace of a run, by the run's id. */
  readonly workspaceOfRun: DataLoader<string, LoadedWorkspace | null>
  /** Ids of the runs of a workspace, by its id, newest first. */
  readonly runsOfWorkspace: DataLoader<string, string[]>
  readonly workspaceOperation: DataLoader<string, WorkspaceOperation | null>
  readonly operationsOfWorkspace: DataLoader<WorkspacePageRequest, Page<WorkspaceOperation>, string>
  /** The result of an operation, by its id. */
  readonly operationResult: DataLoader<string, StoredResult | null>
  /** The patch of a DIFF, by the id of the operation. */
  readonly patch: DataLoader<string, { readonly patch: string } | null>
}

/** Prepares the reads of workspaces. */
export function prepareWorkspaceReads({ byId, byOwner, inOrder }: Loaders): WorkspaceReads {
  return {
    workspace: byId(findWorkspaces, ({ workspace }) => workspace.id),
    workspaceOfRun: byId(findWorkspacesOfRuns, ({ runId }) => runId),
    runsOfWorkspace: byOwner(listRunsOfWorkspaces),
    workspaceOperation: byId(findWorkspaceOperations, ({ id }) => id),
    operationsOfWorkspace: inOrder(listOperationsOfWorkspaces),
    operationResult: byId(findWorkspaceResults, ({ id }) => id),
    patch: byId(findPatches, ({ id }) => id),
  }
}
