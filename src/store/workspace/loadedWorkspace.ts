import type { PresentWorkspace } from '../../lifecycle/workspace/workspace.ts'
import type { Instant } from '../../lifecycle/run/run.ts'
import { WORKSPACE_JSON } from '../rows/selectWorkspace.ts'

/** A workspace as it was read, and when: not later than the snapshot that it was read in. */
export interface LoadedWorkspace {
  readonly workspace: PresentWorkspace
  readonly now: Instant
}

/** Columns that every statement about workspaces to be shown selects. */
export const SHOWN = `${WORKSPACE_JSON} AS workspace, now() AS clock`

export interface ShownRow {
  workspace: PresentWorkspace
  clock: Date
}

/** The workspace that a row tells of. */
export function toLoadedWorkspace({ workspace, clock }: ShownRow): LoadedWorkspace {
  return { workspace, now: clock.getTime() }
}
