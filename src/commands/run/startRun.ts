import type { ClaimRequest } from '../../lifecycle/run/commandInputs.ts'
import { claim } from '../../lifecycle/decide/ownership.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import { NO_FAMILY } from '../../lifecycle/run/family.ts'
import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import type { Json, Run } from '../../lifecycle/run/run.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { draftRun } from '../../lifecycle/decide/start.ts'
import type { Change } from '../../store/run/applyDecision.ts'
import { readClock } from '../../store/sql/clock.ts'
import { createRun } from '../../store/run/createRun.ts'
import { findIdempotencyKey } from '../../store/run/findIdempotencyKey.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { findWorkflow, listWorkflowNames } from '../../store/workflow/workflows.ts'
import { objection, refuse, type ResultOf, type RunResult, type RunSuccess } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import { currentHolder, sweepChainOf, sweepOne } from './changeOne.ts'
import { actorOf, type Caller, type Commands } from '../kit/context.ts'
import { type Applied, decideAndApply, decideAnew, type Round, unwritten } from '../kit/decideAndApply.ts'
import { findOrigin, type Origin, type OriginInput } from './findOrigin.ts'
import { newId } from '../kit/ids.ts'
import { decideParentNote } from './noteParent.ts'

/** A run to start, with every field set or null. */
export interface StartRun extends OriginInput {
  readonly workflow: string
  readonly title: string | null
  readonly input: Json
  readonly labels: readonly string[]
  readonly project: string
  readonly concurrencyKey: string | null
  /** Claims the run in the same step. */
  readonly claim: ClaimRequest | null
  readonly idempotencyKey: string | null
  /** The input without its key, compared when the key is used again. */
  readonly request: Json
}

/**
 * Starts a run. Answers with Forbidden, NotFound, ConcurrencyConflict with the holder, or
 * IdempotencyMismatch; for a child also with NotFound, RunNotActive or InvalidInput about its parent, and for a
 * continuation with AlreadyContinued, WorkflowMismatch or ConcurrencyConflict about the run it continues.
 *
 * @throws ContendedError if others keep acquiring and releasing the same key or chain, or keep changing the parent
 */
export async function startRun(commands: Commands, caller: Caller, start: StartRun): Promise<StartResult> {
  const denied =
    checkProject(caller, start.project) ??
    checkRole(caller, 'startRun') ??
    (start.claim ? checkRole(caller, 'claimRun') : undefined)
  if (denied) return denied
  const { project, concurrencyKey, parentRunId, continuesRunId } = start
  const parentId = start.isDetached ? null : parentRunId
  const { result } = await decideAndApply<StartResult>(commands, {
    subject: continuesRunId ?? parentRunId ?? `concurrency key ${concurrencyKey ?? ''}`,
    rounds: 5,
    attempt: (round) => attempt(commands, caller, start, round),
    ...(parentId !== null && { lock: (work) => withRunLocked(commands.store, parentId, work) }),
    constraints: {
      event_idempotency_key: decideAnew,
      run_continued_once: decideAnew,
      run_chain: () => sweepContinued(commands, continuesRunId),
      run_concurrency_key: async () => {
        // the holder may be the run started by this same request, sent twice concurrently
        const replayed = await findReplay(commands, start)
        if (replayed) return replayed
        const holder = await currentHolder(commands, project, concurrencyKey ?? '')
        return holder ? objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' }) : undefined
      },
    },
  })
  return result
}

/** The result of starting a run. */
export type StartResult = ResultOf<'startRun', RunSuccess>

/**
 * Runs one round: replays the run started under the key before; otherwise starts a run based on the current state of
 * the runs it names.
 */
async function attempt(
  commands: Commands,
  caller: Caller,
  start: StartRun,
  { withConnection }: Round,
): Promise<Applied<StartResult> | undefined> {
  const replayed = await findReplay(commands, start)
  if (replayed) return unwritten(replayed)
  const { project, workflow: name, version } = start
  const workflow = await findWorkflow(commands.store, { project, name, version })
  if (!workflow) {
    const known = await listWorkflowNames(commands.store, project)
    return unwritten(refuse({ type: 'NotFound', kind: 'WORKFLOW', id: name, version, known }))
  }
  // before any row is locked, because the parent's due changes are written separately
  const origin = await findOrigin(commands, caller, start, workflow)
  // the obstacle may be the run started by this same request, sent twice concurrently
  if ('problem' in origin) return unwritten((await findReplay(commands, start)) ?? origin)
  return withConnection((connection) => create(commands, connection, caller, start, origin))
}

async function findReplay(
  { store }: Commands,
  start: StartRun,
): Promise<RunResult<'IdempotencyMismatch'> | undefined> {
  if (start.idempotencyKey === null) return undefined
  const kept = await findIdempotencyKey(store.pool, start.project, 'startRun', start.idempotencyKey)
  if (!kept) return undefined
  const [run] = await loadRuns(store.pool, store, [kept.runId])
  return run && answerKept(kept, run, start.request)
}

/** Returns the answer to a key that was used before: the first result, or the differing paths. */
export function answerKept(kept: KeptKey, run: LoadedRun, request: Json): RunResult<'IdempotencyMismatch'> {
  const paths = differingFields(kept.request, request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  return { ok: true, run, changed: true, replayed: true, event: kept.event }
}

/**
 * Writes the run, and the note about it on its parent; returns undefined if the parent or the continued run changed
 * in between.
 */
async function create(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  start: StartRun,
  { workflow, continued, ...origin }: Origin,
): Promise<Applied<StartResult> | undefined> {
  const { settings } = commands
  const draft = draftRun({
    ...start,
    ...origin,
    id: newId('run'),
    workflow,
    now: await readClock(connection),
    actor: actorOf(caller),
    newPhaseId: () => newId('phase'),
  })
  if (start.claim) claim(draft, start.claim)
  const { run, events, now } = draft
  const parent = await noteStart(commands, connection, caller, run)
  if (parent === undefined) return undefined
  const { idempotencyKey, project: scope, request } = start
  const key = idempotencyKey === null ? null : { scope, operation: 'startRun', key: idempotencyKey, request }
  const dueAt = nextDueAt(run, workflow.definition, settings)
  const created = await createRun(connection, run, events, { dueAt, key, continued, above: parent })
  // the continued run or the parent changed, or was deleted
  if (!created) return undefined
  // no ancestor has ended, otherwise the start would have been refused
  const loaded: LoadedRun = { run, workflow: workflow.definition, now, family: NO_FAMILY, continuedBy: null }
  return {
    result: { ok: true, run: loaded, changed: true, replayed: false, event: events.at(-1) ?? null },
    written: [run.id, created.workspaceId, parent && parent.before.id].filter((id) => id !== null),
  }
}

/**
 * Decides the note on the parent of a new run. Returns null if it has none or is detached; undefined if the round
 * must be repeated.
 */
async function noteStart(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  { id: childId, parentId, detached, epoch }: Run,
): Promise<Change | null | undefined> {
  if (parentId === null || detached) return null
  const note = { type: 'noteChildStarted', childId, epoch } as const
  const settle = () => sweepOne(commands, parentId)
  // a parent deleted in between repeats the round, which looks it up again
  return (await decideParentNote(commands, connection, caller, { parentId, note, settle })) ?? undefined
}

/** Applies due changes to the run that occupies the chain of the run to be continued. */
async function sweepContinued(commands: Commands, continuesRunId: string | null): Promise<undefined> {
  return continuesRunId === null ? undefined : sweepChainOf(commands, continuesRunId)
}
