import type { Outcome, RunFilter, RunStatus } from '@pawl/sdk'
import { OUTCOME, RUN_STATUS } from '../elements/words.ts'

/** Reads the filter from an address; unknown values are ignored. */
export function readFilter(search: string): RunFilter {
  const parameters = new URLSearchParams(search)
  const list = (name: string) => (parameters.get(name) ?? '').split(',').filter(Boolean)
  const text = (name: string) => parameters.get(name)?.trim() ?? ''
  const statuses = list('status').filter((word): word is RunStatus => Object.hasOwn(RUN_STATUS, word))
  const outcomes = list('outcome').filter((word): word is Outcome => Object.hasOwn(OUTCOME, word))
  const labels = parameters.getAll('label').filter(Boolean)
  return {
    ...(statuses.length > 0 && { statuses }),
    ...(outcomes.length > 0 && { outcomes }),
    ...(labels.length > 0 && { labels }),
    ...(text('workflow') && { workflow: text('workflow') }),
    ...(text('project') && { project: text('project') }),
    ...(text('text') && { text: text('text') }),
  }
}

/** The address of the board with a filter, as `readFilter` reads it. */
export function writeFilter({ statuses, outcomes, labels, workflow, project, text }: RunFilter): string {
  const parameters = new URLSearchParams()
  if (statuses?.length) parameters.set('status', statuses.join(','))
  if (outcomes?.length) parameters.set('outcome', outcomes.join(','))
  if (workflow) parameters.set('workflow', workflow)
  if (project) parameters.set('project', project)
  for (const label of labels ?? []) parameters.append('label', label)
  if (text) parameters.set('text', text)
  const written = parameters.toString()
  return written ? `/?${written}` : '/'
}

/** Whether the filter matches everything. */
export function isEmptyFilter(filter: RunFilter): boolean {
  return Object.keys(filter).length === 0
}
