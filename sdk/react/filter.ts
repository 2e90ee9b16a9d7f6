import type { RunFilter, StoredRun } from '@pawl/sdk'

/** Whether a run matches the filter by the server's rules; an unknown field does not match. */
export function matchesFilter(run: StoredRun, filter: RunFilter): boolean {
  const { statuses, outcomes, reasons, workflow, labels, project, text } = filter
  const { owner, parentRunId, concurrencyKey, createdAt: created, settledAt: settled } = filter
  if (statuses && !(run.status && statuses.includes(run.status))) return false
  if (outcomes && !(run.outcome && outcomes.includes(run.outcome))) return false
  if (reasons && !(run.reason && reasons.includes(run.reason))) return false
  if (isGiven(owner) && run.lease?.owner !== owner) return false
  if (isGiven(parentRunId) && run.parentId !== parentRunId) return false
  if (isGiven(concurrencyKey) && run.concurrencyKey !== concurrencyKey) return false
  if (isGiven(workflow) && run.workflow?.name !== workflow) return false
  if (isGiven(project) && run.project !== project) return false
  if (labels && !labels.every((label) => run.labels?.includes(label))) return false
  if (isGiven(text) && !containsText(run, text)) return false
  return isWithin(run.createdAt, created) && isWithin(run.settledAt, settled)
}

function isWithin(at: string | null | undefined, range: RunFilter['createdAt']): boolean {
  const { after, before } = range ?? {}
  if (!isGiven(after) && !isGiven(before)) return true
  if (!isGiven(at)) return false
  const time = Date.parse(at)
  return !(isGiven(after) && time <= Date.parse(after)) && !(isGiven(before) && time >= Date.parse(before))
}

function containsText({ id, title }: StoredRun, text: string): boolean {
  const wanted = text.toLowerCase()
  if (id.toLowerCase().startsWith(wanted) || (wanted.length >= 4 && id.toLowerCase().endsWith(wanted)))
    return true
  return title?.toLowerCase().includes(wanted) ?? false
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}
