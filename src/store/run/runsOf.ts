import type { OwnedList } from '../sql/ownedPages.ts'
import { isVisible } from './family/isVisible.ts'

/** The lists of runs that belong to something, by its id. */
export type RunsOf = 'children' | 'workspace'

/**
 * The list of the runs that a reader may see.
 *
 * @param projects the parameter with the projects of the reader; null: all
 * @param runId the parameter with the only run that it may see; null: any
 */
export function runsOf(of: RunsOf, projects: string, runId: string): Required<OwnedList> {
  const runs = { at: 'r.created_at', id: 'r.id', and: isVisible(projects, runId) }
  return of === 'children'
    ? { ...runs, from: 'run r', owner: 'r.parent_id' }
    : { ...runs, from: 'workspace_run l JOIN run r ON r.id = l.run_id', owner: 'l.workspace_id' }
}
