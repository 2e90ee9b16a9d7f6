import { json, moment, type RowOf } from '../sql/statement.ts'
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

export const SHOWN_ROW = { workspace: json<PresentWorkspace>(), clock: moment }

export type ShownRow = RowOf<typeof SHOWN_ROW>

/** The workspace that a row tells of. */
export function toLoadedWorkspace({ workspace, clock }: ShownRow): LoadedWorkspace {
  return { workspace, now: clock.getTime() }
}
