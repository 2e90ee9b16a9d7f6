import type { Command } from '../../lifecycle/run/commandInputs.ts'
import { type Decision, decide } from '../../lifecycle/decide.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { Change } from '../../store/run/applyDecision.ts'
import { loadForDecision } from '../../store/run/loadForDecision.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { actorOf, type Caller, type Commands } from '../kit/context.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'

/** What a parent is told of a child, in the same statement as the child itself is written. */
export type ParentNote = Extract<Command, { type: 'noteChildStarted' | 'noteChildDetached' }>

/** What a decision about a run has its parent told at once; null: nothing. */
export function parentNoteOf({ id, parentId, detached }: Run, { events }: Decision): ParentNote | null {
  if (parentId === null || detached) return null
  for (const event of events) {
    if (event.type === 'run.detached') return { type: 'noteChildDetached', childId: id }
    if (event.type === 'run.resumed' && event.payload.from === 'FAILED')
      return { type: 'noteChildStarted', childId: id, epoch: event.epoch }
  }
  return null
}

/**
 * Decides what is written of a parent at once with its child: null where there is nothing, since the parent is gone or needs no
 * telling; undefined where the child is to be decided anew, since the parent does not admit it any more.
 *
 * @param settle applies what is due on the parent, which comes first and is an apply of its own
 */
export async function decideParentNote(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  { parentId, note, settle }: { parentId: string; note: ParentNote; settle: () => Promise<unknown> },
): Promise<Change | null | undefined> {
  const { store, settings } = commands
  const lookup = { runId: parentId, namedId: null, operation: '', key: null, scope: null }
  const loaded = await loadForDecision(connection, store, lookup)
  if (!loaded) return null
  const { run, events, verdict } = decide(
    { ...loaded, ...DECISION_FUNCTIONS, settings },
    note,
    actorOf(caller),
  )
  const isNoted = verdict.kind === 'accepted' && verdict.changed
  if (events.length > (isNoted ? 1 : 0)) {
    await settle()
    return undefined
  }
  if (verdict.kind === 'refused') return undefined
  if (!isNoted) return null
  const dueAt = nextDueAt(run, loaded.workflow, settings)
  return { before: loaded.run, after: run, events, dueAt, key: null }
}
