import type { Command } from '../../lifecycle/run/commandInputs.ts'
import { type Decision, decide } from '../../lifecycle/decide.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { Change } from '../../store/run/applyDecision.ts'
import type { RunAccess } from '../../store/run/runBatches.ts'
import { actorOf, type Caller, type Commands } from '../kit/context.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'

/** A command noted on a parent about its child, written in the same statement as the child. */
export type ParentNote = Extract<Command, { type: 'noteChildStarted' | 'noteChildDetached' }>

/** Returns what a decision about a run notes on its parent in the same write; null: nothing. */
export function parentNoteOf(
  { id, parentId, detached }: Run,
  { events }: Pick<Decision, 'events'>,
): ParentNote | null {
  if (parentId === null || detached) return null
  for (const event of events) {
    if (event.type === 'run.detached') return { type: 'noteChildDetached', childId: id }
    if (event.type === 'run.resumed' && event.payload.from === 'FAILED')
      return { type: 'noteChildStarted', childId: id, epoch: event.epoch }
  }
  return null
}

/**
 * Decides the change to a parent that is written together with its child. Returns null if there is nothing to write,
 * because the parent no longer exists or does not change; undefined if the child must be decided again, because the
 * parent had due changes or no longer admits it.
 *
 * @param settle applies the parent's due changes, which must be written first and separately
 */
export async function decideParentNote(
  { settings }: Pick<Commands, 'settings'>,
  access: RunAccess,
  caller: Caller,
  { parentId, note, settle }: { parentId: string; note: ParentNote; settle: () => Promise<unknown> },
): Promise<Change | null | undefined> {
  const lookup = { runId: parentId, namedId: null, operation: '', key: null, scope: null }
  const loaded = await access.load(lookup)
  if (!loaded) return null
  const { run, events, result } = decide(
    { ...loaded, ...DECISION_FUNCTIONS, settings },
    note,
    actorOf(caller),
  )
  const isNoted = result.ok && result.changed
  if (events.length > (isNoted ? 1 : 0)) {
    await settle()
    return undefined
  }
  if (!result.ok) return undefined
  if (!isNoted) return null
  const dueAt = nextDueAt(run, loaded.workflow, settings)
  return {
    before: loaded.run,
    after: run,
    events,
    until: null,
    family: loaded.family,
    dueAt,
    key: null,
  }
}
