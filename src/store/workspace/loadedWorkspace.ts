import { json, moment, type RowOf } from '../sql/statement.ts'
import type { PresentWorkspace } from '../../lifecycle/workspace/workspace.ts'
import type { Instant } from '../../lifecycle/run/run.ts'
import { WORKSPACE_JSON } from '../rows/selectWorkspace.ts'

/** A workspace and the time it was read at, which is not later than the snapshot it was read in. */
export interface LoadedWorkspace {
  readonly workspace: PresentWorkspace
  readonly now: Instant
}

/** Columns selected by every statement that reads workspaces to display. */
export const SHOWN = `${WORKSPACE_JSON} AS workspace, now() AS clock`

export const SHOWN_ROW = { workspace: json<PresentWorkspace>(), clock: moment }

export type ShownRow = RowOf<typeof SHOWN_ROW>

/** Converts a row to a workspace. */
export function toLoadedWorkspace({ workspace, clock }: ShownRow): LoadedWorkspace {
  return { workspace, now: clock.getTime() }
}
