import type { RunFilter, StoredRun } from '@pawl/sdk'

/** Whether a run matches the filter by the server's rules; an unknown field does not match. */
export function matchesFilter(run: StoredRun, filter: RunFilter): boolean {
  const { status, outcome, workflow, labels, project, text, createdAfter, createdBefore } = filter
  if (status && !(run.status && status.includes(run.status))) return false
  if (outcome && !(run.outcome && outcome.includes(run.outcome))) return false
  if (isGiven(workflow) && run.workflow?.name !== workflow) return false
  if (isGiven(project) && run.project !== project) return false
  if (labels && !labels.every((label) => run.labels?.includes(label))) return false
  if (isGiven(text) && !containsText(run, text)) return false
  if (isGiven(createdAfter) && !(run.createdAt && Date.parse(run.createdAt) > Date.parse(createdAfter)))
    return false
  return !(
    isGiven(createdBefore) && !(run.createdAt && Date.parse(run.createdAt) < Date.parse(createdBefore))
  )
}

function containsText({ id, title }: StoredRun, text: string): boolean {
  const wanted = text.toLowerCase()
  return id.toLowerCase().startsWith(wanted) || (title?.toLowerCase().includes(wanted) ?? false)
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}
