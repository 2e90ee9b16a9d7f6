import type { Project, RunStatus } from '@pawl/sdk'
import { sumCounts } from '../elements/sumCounts.ts'
import type { Tone } from '../elements/words.ts'

/** A group of a project's runs: what has to be done about them. */
export interface ProjectGroup {
  readonly key: string
  readonly label: string
  readonly tone: Tone
  readonly means: string
  readonly statuses: readonly RunStatus[]
  /** Whether the runs are over: those of the last days are counted. */
  readonly isSettled: boolean
}

const active = (key: string, label: string, tone: Tone, means: string, statuses: RunStatus[]) =>
  ({ key, label, tone, means, statuses, isSettled: false }) satisfies ProjectGroup
const settled = (key: string, label: string, tone: Tone, means: string, statuses: RunStatus[]) =>
  ({ key, label, tone, means, statuses, isSettled: true }) satisfies ProjectGroup

/** What asks for a person first. Every active run is in exactly one group. */
export const PROJECT_GROUPS: readonly ProjectGroup[] = [
  active('person', 'Need a person', 'ask', 'To approve, or paused', ['AWAITING_APPROVAL', 'PAUSED']),
  settled('failed', 'Failed in 7 days', 'bad', 'Failed, incomplete or expired within 7 days', [
    'FAILED',
    'EXPIRED',
  ]),
  active('working', 'Working', 'live', 'An owner works on them, or was told to stop', [
    'RUNNING',
    'CANCELLING',
  ]),
  active('queued', 'Queued', 'quiet', 'They wait for an owner', ['QUEUED']),
  settled('completed', 'Completed in 7 days', 'good', 'Completed within 7 days', ['COMPLETED']),
]

/** How many runs of a project are in a group, as it is written: with a `+` where there are more. */
export function countGroup(project: Project, group: ProjectGroup): { count: number; text: string } {
  const counts = group.isSettled ? project.settledCounts : project.activeCounts
  const { count, isExact } = sumCounts(counts, group.statuses)
  return { count, text: `${count}${isExact ? '' : '+'}` }
}
