import type { StoredRun } from '@pawl/sdk'
import { REASON, wordOfRun } from '../../elements/words.ts'

/** A field of the table of runs. */
export interface Field {
  readonly key: FieldKey
  readonly label: string
  /** What runs are sorted by. */
  value(run: StoredRun): string
}

export type FieldKey =
  | 'status'
  | 'title'
  | 'workflow'
  | 'phase'
  | 'owner'
  | 'labels'
  | 'project'
  | 'cost'
  | 'created'
  | 'activity'
  | 'id'

/** All fields, in the order in which they are offered. */
export const FIELDS: readonly Field[] = [
  {
    key: 'status',
    label: 'Status',
    value: ({ status, outcome }) => (status ? wordOfRun(status, outcome).label : ''),
  },
  { key: 'title', label: 'Title', value: ({ title, id }) => (title ?? id).toLowerCase() },
  { key: 'workflow', label: 'Workflow', value: ({ workflow }) => workflow?.name ?? '' },
  { key: 'phase', label: 'Phase or reason', value: describePlace },
  { key: 'owner', label: 'Owner', value: ({ lease }) => lease?.owner ?? '' },
  { key: 'labels', label: 'Labels', value: ({ labels = [] }) => labels.join(' ') },
  { key: 'project', label: 'Project', value: ({ project }) => project ?? '' },
  { key: 'cost', label: 'Cost', value: () => '' },
  { key: 'created', label: 'Created', value: ({ createdAt, id }) => `${createdAt} ${id}` },
  { key: 'activity', label: 'Last activity', value: ({ lastActivityAt }) => lastActivityAt ?? '' },
  { key: 'id', label: 'Id', value: ({ id }) => id },
]

export const DEFAULT_FIELDS: readonly FieldKey[] = [
  'status',
  'title',
  'workflow',
  'phase',
  'owner',
  'cost',
  'created',
  'activity',
]

/** Where a run stands, or why it ended as it did. */
export function describePlace({ status, reason, phase }: StoredRun): string {
  if (status === 'COMPLETED') return ''
  return reason ? REASON[reason] : (phase ?? '')
}

/** The runs in the order of a field; equal ones by their ids. */
export function sortRuns(
  runs: readonly StoredRun[],
  { field, isDescending }: { readonly field: FieldKey; readonly isDescending: boolean },
): readonly StoredRun[] {
  const value = FIELDS.find(({ key }) => key === field)?.value ?? (({ id }: StoredRun) => id)
  const sign = isDescending ? -1 : 1
  return runs
    .map((run) => ({ run, key: value(run) }))
    .toSorted((a, b) => sign * (compareTexts(a.key, b.key) || compareTexts(a.run.id, b.run.id)))
    .map(({ run }) => run)
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
