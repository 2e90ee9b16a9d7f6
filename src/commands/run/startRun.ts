import type { ClaimRequest } from '../../lifecycle/run/commandInputs.ts'
import { claim } from '../../lifecycle/decide/ownership.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import { NO_FAMILY } from '../../lifecycle/run/family.ts'
import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'
import type { Instant, Json, Run } from '../../lifecycle/run/run.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { draftRun } from '../../lifecycle/decide/start.ts'
import type { Change, NewRun } from '../../store/run/applyDecision.ts'
import { createRun } from '../../store/run/createRun.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { accessBy, type RunAccess } from '../../store/run/runBatches.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { listWorkflowNames } from '../../store/workflow/workflows.ts'
import { objection, refuse, type ResultOf, type RunResult, type RunSuccess } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import { currentHolder } from './changeOne.ts'
import { sweepChainOf, sweepOne } from './changeSteps.ts'
import { actorOf, type Caller, type Commands } from '../kit/context.ts'
import {
  type Applied,
  decideAndApply,
  decideAnew,
  type Round,
  unwritten,
  writtenBy,
} from '../kit/decideAndApply.ts'
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
 * Starts a run. Answers with Forbidden, NotFound, InvalidInput about an input that the workflow's schema does not admit, ConcurrencyConflict with the holder, or
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
  const { concurrencyKey, parentRunId, continuesRunId } = start
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
      // the next round finds the holder, or that it is the run started by this same request, sent twice concurrently
      run_concurrency_key: decideAnew,
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
  round: Round,
): Promise<Applied<StartResult> | undefined> {
  const loaded = await commands.writer.loadForStart(start)
  const replayed = loaded.kept && (await replay(commands, start, loaded.kept))
  if (replayed) return unwritten(replayed)
  const { project, workflow: name, version } = start
  if (!loaded.workflow) {
    const known = await listWorkflowNames(commands.store, project)
    return unwritten(refuse({ type: 'NotFound', kind: 'WORKFLOW', id: name, version, known }))
  }
  const { inputSchema } = loaded.workflow.definition
  if (inputSchema) {
    const mistakes = await commands.validator.validateInput(inputSchema, start.input, project)
    const issues = mistakes.map(({ path, message }) => ({ path: ['input', ...path], message }))
    if (issues.length > 0) return unwritten(refuse({ type: 'InvalidInput', issues }))
  }
  // before any row is locked, because the parent's due changes are written separately
  const origin = await findOrigin(commands, caller, start, loaded.workflow)
  // the obstacle may be the run started by this same request, sent twice concurrently
  if ('problem' in origin) return unwritten((await findReplay(commands, start)) ?? origin)
  const holder = loaded.holderId && (await currentHolder(commands, loaded.holderId))
  if (holder) return unwritten(objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' }))
  return create(commands, round, caller, start, { ...origin, now: loaded.now })
}

async function findReplay(
  { store, writer }: Commands,
  start: StartRun,
): Promise<RunResult<'IdempotencyMismatch'> | undefined> {
  if (start.idempotencyKey === null) return undefined
  const { kept } = await writer.loadForStart(start)
  return kept ? replay({ store }, start, kept) : undefined
}

async function replay(
  { store }: Pick<Commands, 'store'>,
  { request }: StartRun,
  kept: KeptKey,
): Promise<RunResult<'IdempotencyMismatch'> | undefined> {
  const [run] = await loadRuns(store.pool, store, [kept.runId])
  return run && answerKept(kept, run, request)
}

/** Returns the answer to a key that was used before: the first result, or the differing paths. */
export function answerKept(kept: KeptKey, run: LoadedRun, request: Json): RunResult<'IdempotencyMismatch'> {
  const paths = differingFields(kept.request, request, DECISION_FUNCTIONS.sha256)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  return { ok: true, run, changed: true, replayed: true, event: kept.event }
}

/**
 * Writes the run, and the note about it on its parent; returns undefined if the parent or the continued run changed
 * in between.
 */
async function create(
  commands: Commands,
  { isLocked, withConnection }: Round,
  caller: Caller,
  start: StartRun,
  { workflow, continued, now, ...origin }: Origin & { readonly now: Instant },
): Promise<Applied<StartResult> | undefined> {
  const { store, settings, writer } = commands
  const draft = draftRun({
    ...start,
    ...origin,
    id: newId('run'),
    workflow,
    now,
    actor: actorOf(caller),
    newPhaseId: () => newId('phase'),
  })
  if (start.claim) claim(draft, start.claim, settings)
  const { run, events } = draft
  const { idempotencyKey, project: scope, request } = start
  const key = idempotencyKey === null ? null : { scope, operation: 'startRun', key: idempotencyKey, request }
  const dueAt = nextDueAt(run, workflow.definition, settings)
  const isAttached = run.parentId !== null && !run.detached
  const newRun: NewRun = { before: null, after: run, events, dueAt, key }
  const created =
    continued || isAttached
      ? await withConnection(async (connection) => {
          const access = isLocked ? accessBy(connection, store) : writer
          const above = isAttached ? await noteStart(commands, access, caller, run) : null
          if (above === undefined) return undefined
          const made = await createRun(connection, run, events, { dueAt, key, continued, above })
          return made && { workspaceId: made.workspaceId, above }
        })
      : await writer.create(newRun).then(() => ({ workspaceId: null, above: null }))
  // the continued run or the parent changed, or was deleted
  if (!created) return undefined
  // no ancestor has ended, otherwise the start would have been refused
  const loaded: LoadedRun = { run, workflow: workflow.definition, now, family: NO_FAMILY, continuedBy: null }
  return {
    result: { ok: true, run: loaded, changed: true, replayed: false, event: events.at(-1) ?? null },
    written: [
      writtenBy(newRun),
      ...(created.workspaceId === null ? [] : [{ id: created.workspaceId }]),
      ...(created.above ? [writtenBy(created.above)] : []),
    ],
    isQueued: run.status === 'QUEUED',
  }
}

/** Decides the note on the parent of a new run; undefined if the round must be repeated. */
async function noteStart(
  commands: Commands,
  access: RunAccess,
  caller: Caller,
  { id: childId, parentId, epoch }: Run,
): Promise<Change | undefined> {
  if (parentId === null) return undefined
  const note = { type: 'noteChildStarted', childId, epoch } as const
  const settle = () => sweepOne(commands, parentId)
  // a parent deleted in between repeats the round, which looks it up again
  return (await decideParentNote(commands, access, caller, { parentId, note, settle })) ?? undefined
}

/** Applies due changes to the run that occupies the chain of the run to be continued. */
async function sweepContinued(commands: Commands, continuesRunId: string | null): Promise<undefined> {
  return continuesRunId === null ? undefined : sweepChainOf(commands, continuesRunId)
}
