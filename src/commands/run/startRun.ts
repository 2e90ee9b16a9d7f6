import type { ClaimRequest } from '../../lifecycle/run/commands.ts'
import { claim } from '../../lifecycle/decide/ownership.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import type { RunEvent } from '../../lifecycle/run/events.ts'
import { NO_FAMILY } from '../../lifecycle/run/family.ts'
import { differingPaths } from '../../lifecycle/log/differingPaths.ts'
import type { Json, Run } from '../../lifecycle/run/run.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { draftRun } from '../../lifecycle/decide/start.ts'
import type { Change } from '../../store/run/applyDecision.ts'
import { readClock } from '../../store/sql/clock.ts'
import { createRun } from '../../store/run/createRun.ts'
import { findIdempotencyKey } from '../../store/run/findIdempotencyKey.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { violatedConstraint } from '../../store/sql/openStore.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { findWorkflow, listWorkflowNames } from '../../store/workflow/workflows.ts'
import { objection, refuse, type RunAnswer } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import { currentHolder, sweepChain, sweepOne } from './changeOne.ts'
import { actorOf, type Caller, type Commands, ContendedError } from '../kit/context.ts'
import { findOrigin, type Origin, type OriginInput } from './findOrigin.ts'
import { newId } from '../kit/ids.ts'
import { decideParentNote } from './noteParent.ts'

/** A run to start, every field given or null. */
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
  /** The input without its key, to be compared where the key comes again. */
  readonly request: Json
}

const TRIES = 5
/** How often a child is tried against the revision that its parent was seen at, before that one is locked for it. */
const OPTIMISTIC_TRIES = 2

/**
 * Starts a run. Answers with Forbidden, WorkflowNotFound, ConcurrencyConflict with the holder, or IdempotencyMismatch;
 * for a child also with RunNotFound, RunNotActive or InvalidInput about its parent, and for a continuation with
 * AlreadyContinued, WorkflowMismatch or ConcurrencyConflict about the run it continues.
 * Throws ContendedError where others keep taking and giving back the same key, or the same chain, or keep changing the parent.
 */
export async function startRun(commands: Commands, caller: Caller, start: StartRun): Promise<RunAnswer> {
  const denied =
    checkProject(caller, start.project) ??
    checkRole(caller, 'startRun') ??
    (start.claim ? checkRole(caller, 'claimRun') : undefined)
  if (denied) return denied
  for (let tries = 0; tries < TRIES; tries++) {
    const replayed = await findReplay(commands, start)
    if (replayed) return replayed
    const { project, workflow: name, version } = start
    const workflow = await findWorkflow(commands.store, { project, name, version })
    if (!workflow) {
      const known = await listWorkflowNames(commands.store, project)
      return objection({ type: 'WorkflowNotFound', name, version, known })
    }
    const origin = await findOrigin(commands, caller, start, workflow)
    // what stands against it may be what this very request, sent twice at once, has started
    if ('problem' in origin) return (await findReplay(commands, start)) ?? origin
    try {
      const parentId = origin.detached ? null : origin.parentId
      const isCrowded = tries >= OPTIMISTIC_TRIES && parentId !== null
      const created = isCrowded
        ? await withRunLocked(commands.store, parentId, (connection) =>
            create(commands, connection, caller, start, origin),
          )
        : await create(commands, commands.store.pool, caller, start, origin)
      if (created) return announce(commands, created)
    } catch (error) {
      const answer = await onViolation(commands, start, origin, error)
      if (answer) return answer
    }
  }
  throw new ContendedError(
    start.continuesRunId ?? start.parentRunId ?? `concurrency key ${start.concurrencyKey ?? ''}`,
  )
}

async function findReplay({ store }: Commands, start: StartRun): Promise<RunAnswer | undefined> {
  if (start.idempotencyKey === null) return undefined
  const kept = await findIdempotencyKey(store.pool, start.project, 'startRun', start.idempotencyKey)
  if (!kept) return undefined
  const [run] = await loadRuns(store.pool, store, [kept.runId])
  return run && answerKept(kept, run, start.request)
}

/** The answer to a key that was used before: the first result, or what differs. */
export function answerKept(kept: KeptKey, run: LoadedRun, request: Json): RunAnswer {
  const paths = differingPaths(kept.request, request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  return { ok: true, run, changed: true, replayed: true, event: kept.event }
}

/** A run that was started, and whoever else is to hear of it. */
interface Created {
  readonly run: LoadedRun
  readonly event: RunEvent | null
  readonly about: readonly (string | null)[]
}

/** Writes the run, and on its parent that there is one; undefined where the parent changed meanwhile. */
async function create(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  start: StartRun,
  { workflow, continued, ...origin }: Origin,
): Promise<Created | undefined> {
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
  const above = await noteStart(commands, connection, caller, run)
  if (above === undefined) return undefined
  const { idempotencyKey, project: scope, request } = start
  const key = idempotencyKey === null ? null : { scope, operation: 'startRun', key: idempotencyKey, request }
  const dueAt = nextDueAt(run, workflow.definition, settings)
  const created = await createRun(connection, run, events, { dueAt, key, continued, above })
  // the run to be continued changed, or the parent, or either is gone
  if (!created) return undefined
  // nothing above it is over, or it would not have been started
  const loaded: LoadedRun = { run, workflow: workflow.definition, now, family: NO_FAMILY, continuedBy: null }
  return {
    run: loaded,
    event: events.at(-1) ?? null,
    about: [run.id, created.workspaceId, above && above.before.id],
  }
}

/** What is noted on the parent of a new run; null where it has none, or is detached. */
async function noteStart(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  { id: childId, parentId, detached, epoch }: Run,
): Promise<Change | null | undefined> {
  if (parentId === null || detached) return null
  const note = { type: 'noteChildStarted', childId, epoch } as const
  const settle = () => sweepOne(commands, parentId)
  // a parent that is gone by now is looked for anew
  return (await decideParentNote(commands, connection, caller, { parentId, note, settle })) ?? undefined
}

/** After the commit: whoever is woken before it finds nothing, and sleeps on. */
function announce(commands: Commands, { run, event, about }: Created): RunAnswer {
  for (const id of about) if (id !== null) commands.announce(id)
  return { ok: true, run, changed: true, replayed: false, event }
}

async function onViolation(
  commands: Commands,
  start: StartRun,
  { chainId }: Origin,
  error: unknown,
): Promise<RunAnswer | undefined> {
  switch (violatedConstraint(error)) {
    case 'event_idempotency_key':
    case 'run_continued_once':
      return undefined
    case 'run_chain':
      if (chainId !== null) await sweepChain(commands, chainId)
      return undefined
    case 'run_concurrency_key': {
      // the holder may be what this very request, sent twice at once, has started
      const replayed = await findReplay(commands, start)
      if (replayed) return replayed
      const holder = await currentHolder(commands, start.project, start.concurrencyKey ?? '')
      return holder ? objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' }) : undefined
    }
    default:
      throw error
  }
}
