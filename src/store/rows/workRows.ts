import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import { toRow } from '../sql/columns.ts'
import type { IdempotencyKey } from '../sql/idempotencyKey.ts'
import { WORK_TABLES, type WorkRows } from './workTables.ts'

/** What is written with a decision but not contained in its events. */
export interface UnloggedData {
  /** The key of the command, stored with its last event. */
  readonly key: IdempotencyKey | null
  /** The keys of commands that were decided before it in the same decision, by the number of their last event. */
  readonly earlierKeys?: ReadonlyMap<number, IdempotencyKey>
  /** Contents of new artifacts by id: events contain only their hashes. */
  readonly contents?: ReadonlyMap<string, string>
}

/** The rows that differ between two states of a run; all of them for a new run. */
export function collectChangedRows(
  before: Run | null,
  after: Run,
  events: readonly RunEvent[],
  { key, earlierKeys, contents }: UnloggedData,
): WorkRows {
  const { event, phase, phase_attempt, execution, session, artifact, approval, message } = WORK_TABLES
  const { project } = after
  const phases = changed(before?.phases, after.phases)
  return {
    event: events.map((each, index) => {
      const kept = index === events.length - 1 ? key : earlierKeys?.get(each.seq)
      const { scope: keyScope = null, operation = null, key: name = null, request = null } = kept ?? {}
      return toRow(event.columns, { ...each, keyScope, operation, key: name, request })
    }),
    phase: phases.map((each) => toRow(phase.columns, each)),
    phase_attempt: phases.flatMap(({ id: phaseId, history }) => {
      const known = before?.phases.find(({ id }) => id === phaseId)?.history
      return changed(known, history).map((each) => toRow(phase_attempt.columns, { ...each, phaseId }))
    }),
    execution: changed(before?.executions, after.executions).map((each) => {
      // an end reported after settling leaves no event to store its key on
      const finish = each.late ? key : null
      const finishing = { finishKey: finish?.key ?? null, finishRequest: finish?.request ?? null }
      return toRow(execution.columns, { ...each, project, ...finishing })
    }),
    session: changed(before?.sessions, after.sessions).map((each) => toRow(session.columns, each)),
    artifact: changed(before?.artifacts, after.artifacts).map((each) => {
      const content = contents?.get(each.id)
      if (content === undefined) throw new Error(`artifact ${each.id} comes without its content`)
      return toRow(artifact.columns, { ...each, content })
    }),
    approval: changed(before?.approvals, after.approvals).map((each) =>
      toRow(approval.columns, { ...each, project }),
    ),
    message: changed(before?.messages, after.messages).map((each) => toRow(message.columns, each)),
  }
}

/** The items that the fold replaced: it keeps the identity of unchanged objects. */
function changed<T>(before: readonly T[] | undefined, after: readonly T[]): T[] {
  const known = new Set(before)
  return after.filter((each) => !known.has(each))
}
