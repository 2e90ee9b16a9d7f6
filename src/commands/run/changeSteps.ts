import type { Command } from '../../lifecycle/run/commandInputs.ts'
import { decideSteps, type StepsDecision } from '../../lifecycle/decideSteps.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { type Instant, type Json, liveClaim, type Run } from '../../lifecycle/run/run.ts'
import type { Settings } from '../../lifecycle/run/settings.ts'
import type { Change } from '../../store/run/applyDecision.ts'
import { deleteRun } from '../../store/run/delete/deleteRun.ts'
import { findChainHolder } from '../../store/run/claim/findChainHolder.ts'
import { findKeptKeys } from '../../store/run/findKeptKeys.ts'
import type { LoadedForDecision, Lookup } from '../../store/run/loadForDecision.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { RecalledRun } from '../../store/run/rememberRuns.ts'
import { accessBy, type RunAccess } from '../../store/run/runBatches.ts'
import type { Connection } from '../../store/sql/statement.ts'
import type { IdempotencyKey } from '../../store/sql/idempotencyKey.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { tick, TICK_STALE_AFTER_SECONDS } from '../../store/account/tick.ts'
import { refuse, type RefusedWith, type RunResult } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { actorOf, type Caller, type Commands, SYSTEM } from '../kit/context.ts'
import {
  type Applied,
  type Contest,
  decideAndApply,
  decideAnew,
  unwritten,
  writtenBy,
} from '../kit/decideAndApply.ts'
import { isClaimOver, withhold } from '../kit/claimOver.ts'
import { newId } from '../kit/ids.ts'
import { loadNamed, namedRow } from './namedRow.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'
import { decideParentNote, parentNoteOf } from './noteParent.ts'

/** How far the clock of a recalled run may lag behind the database's, in milliseconds, such as after the machine has slept. */
const MAX_RECALLED_AGE_MS = 5_000

/** One command of a request about one run. */
export interface StepRequest<C extends Command = Command> {
  readonly command: C
  /** The idempotency key, and the operation that it is a key of; null: none. */
  readonly key: { readonly operation: string; readonly key: string } | null
  /** The input without its key, compared when the key is used again. */
  readonly request: Json
}

/** Commands about one run that are decided and written together; at least one. */
export interface StepsRequest<C extends Command = Command> {
  readonly runId: string
  readonly steps: readonly [StepRequest<C>, ...StepRequest<C>[]]
  /** True if all are taken or none; false if those before the first refusal are taken. */
  readonly isAtomic: boolean
  /** The revision that the first one is for. */
  readonly ifRevision?: number | null | undefined
  /** Scope of the idempotency keys; default: the run's project. */
  readonly scope?: string | undefined
  /** Further authorization, based on the current run; returns a refusal if the caller may not. */
  readonly authorize?: ((run: Run) => RefusedWith<'Forbidden'> | undefined) | undefined
  /** Contents of the submitted artifacts, by artifact id. */
  readonly contents?: ReadonlyMap<string, string> | undefined
}

/** The results of the steps, up to the first refusal. */
export interface StepsChanged {
  readonly results: readonly [RunResult, ...RunResult[]]
  /** False if the request was refused as a whole, by its only result, before anything was decided. */
  readonly isDecided: boolean
  /**
   * The run, if this change settled it or accepted its cancel, so that its parent and children must be updated;
   * otherwise null.
   */
  readonly ended: Run | null
}

/**
 * Applies commands to one run in one decision and one write. Answers with NotFound, Forbidden, or what the decision answers.
 *
 * @param conflicts handlers of further constraint violations, as of `decideAndApply`
 * @throws ContendedError
 */
export async function changeSteps(
  commands: Commands,
  caller: Caller,
  request: StepsRequest,
  conflicts: Contest<StepsChanged>['constraints'] = {},
): Promise<StepsChanged> {
  const { runId } = request
  const { store } = commands
  const { result } = await decideAndApply<StepsChanged>(commands, {
    subject: runId,
    turn: runId,
    lock: (work) => withRunLocked(store, runId, work),
    attempt: ({ isLocked, withConnection }) =>
      withConnection((connection) => attempt(commands, connection, caller, request, isLocked)),
    constraints: {
      event_idempotency_key: decideAnew,
      session_live_role: decideAnew,
      approval_open: decideAnew,
      run_continued_is_over: decideAnew,
      run_without_content_is_over: decideAnew,
      run_chain: () => sweepChainOf(commands, runId),
      tombstone_idempotency_key: () =>
        Promise.resolve(denied(refuse({ type: 'IdempotencyMismatch', differingPaths: ['runId'] }))),
      ...conflicts,
    },
  })
  return result
}

/** Runs one round of load, decide and apply; returns undefined if another writer was first. */
async function attempt(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  request: StepsRequest,
  isLocked: boolean,
): Promise<Applied<StepsChanged> | undefined> {
  const { writer, store } = commands
  const recalled = isLocked || caller === SYSTEM ? null : await writer.recall(toLookup(request))
  const accepted =
    recalled && (await change({ commands, connection, access: writer, caller, request, kept: [] }, recalled))
  if (accepted) return accepted
  const access = isLocked ? accessBy(connection, store) : writer
  const loaded = await load(access, connection, request)
  if (!loaded) return unwritten(denied(refuse({ type: 'NotFound', kind: 'RUN', id: request.runId })))
  const kept = await findKept(connection, request, loaded)
  return kept && change({ commands, connection, access, caller, request, kept, isLocked }, loaded)
}

/** What one round works with. */
interface Attempt {
  readonly commands: Commands
  readonly connection: Connection
  readonly access: RunAccess
  readonly caller: Caller
  readonly request: StepsRequest
  /** What is stored under the keys of the steps. */
  readonly kept: readonly (KeptKey | null)[]
  readonly isLocked?: boolean
}

/**
 * Decides on a run and applies the decision; returns undefined if that must be done again: another writer was first, or the run was recalled
 * and the decision is more than an accepted change of it alone.
 */
async function change(
  { commands, connection, access, caller, request, kept, isLocked = false }: Attempt,
  loaded: LoadedForDecision | RecalledRun,
): Promise<Applied<StepsChanged> | undefined> {
  const { runId, isAtomic } = request
  const isRecalled = 'stillHolds' in loaded
  const refusal = checkCaller(caller, request, loaded.run)
  if (refusal) return isRecalled ? undefined : unwritten(denied(refusal))
  const situation = { ...loaded, ...DECISION_FUNCTIONS, settings: commands.settings }
  const steps = toSteps(request).map((step, place) => ({ ...step, kept: kept[place] ?? null }))
  const decision = decideSteps(situation, steps, actorOf(caller), { isAtomic })
  if (isRecalled && !isPlainChange(decision)) return undefined
  // a fact reported after the end raises no revision that could guard it: only the row lock prevents reporting two at
  // once
  if (!isLocked && isUnlogged(decision)) return undefined
  const note = parentNoteOf(loaded.run, decision)
  const parentId = note && loaded.run.parentId
  const settle = () => (parentId ? sweepOne(commands, parentId) : Promise.resolve())
  const parent = parentId
    ? await decideParentNote(commands, access, caller, { parentId, note, settle })
    : null
  if (parent === undefined) return undefined
  const isDeleted = decision.results.some((result) => result.ok && result.deleted)
  const changed =
    isDeleted || decision.run === loaded.run ? null : toChange(commands, request, loaded, decision)
  if (isDeleted) {
    const key = keyOf(request, request.steps[0], loaded)
    if (!(await deleteRun(connection, loaded.run, actorOf(caller), key, newId('workspaceOperation'))))
      return undefined
  } else if (changed && !(await access.apply(changed, parent))) return undefined
  return {
    result: {
      results: show({ caller, request }, loaded, decision),
      isDecided: true,
      ended: isEnd(loaded.run, decision.run) ? decision.run : null,
    },
    written: [
      ...(isDeleted ? [{ id: runId }] : []),
      ...[changed, parent].flatMap((each) => each ?? []).map(writtenBy),
    ],
    isQueued: changed?.after.status === 'QUEUED' || parent?.after.status === 'QUEUED',
  }
}

function checkCaller(caller: Caller, { steps, authorize }: StepsRequest, run: Run) {
  const outside = checkRun(caller, run)
  if (outside) return outside
  for (const { command } of steps) {
    const refusal = checkRole(caller, command.type)
    if (refusal) return refusal
  }
  return authorize?.(run)
}

/** The steps as they are decided: the first one is for the revision that the request is for. */
function toSteps({ steps, ifRevision }: StepsRequest): StepsRequest['steps'] {
  const [first, ...others] = steps
  return ifRevision == null ? steps : [{ ...first, command: { ...first.command, ifRevision } }, ...others]
}

/** True if the decision only changes the run, as asked: what else it depends on is then checked when it is written. */
function isPlainChange({ results, events, isDue }: StepsDecision): boolean {
  return (
    !isDue && events.length > 0 && results.every((result) => result.ok && result.changed && !result.deleted)
  )
}

/** True if the decision settled the run or accepted its cancel. */
function isEnd(before: Run, { status, settledAt }: Run): boolean {
  if (settledAt !== null) return settledAt !== before.settledAt
  return status === 'CANCELLING' && before.status !== 'CANCELLING'
}

function denied(result: RunResult): StepsChanged {
  return { results: [result], isDecided: false, ended: null }
}

function toLookup({ runId, steps, scope }: StepsRequest): Lookup {
  const [{ command, key }] = steps
  return {
    runId,
    // the rows that several steps name are looked for in the run
    namedId: steps.length === 1 ? namedRow(command) : null,
    operation: key?.operation ?? command.type,
    // the keys of several steps are looked up after the run
    key: steps.length === 1 ? (key?.key ?? null) : null,
    scope: scope ?? null,
  }
}

async function load(
  access: RunAccess,
  connection: Connection,
  request: StepsRequest,
): Promise<LoadedForDecision | null> {
  const lookup = toLookup(request)
  const loaded = await loadNamed(access, lookup, request.steps)
  // no server was watching for a while: expired leases are extended before anyone is judged by them
  if (!loaded || loaded.now - loaded.tickAt <= TICK_STALE_AFTER_SECONDS * 1000) return loaded
  await tick(connection)
  return loadNamed(access, lookup, request.steps)
}

/**
 * Returns what is stored under the keys of the steps; undefined if the same request was accepted after the run was loaded. Where nothing is
 * found, that request had not been accepted when the run was loaded.
 */
async function findKept(
  connection: Connection,
  { runId, steps, scope }: StepsRequest,
  loaded: LoadedForDecision,
): Promise<readonly (KeptKey | null)[] | undefined> {
  if (steps.length === 1) return [loaded.kept]
  const keys = steps.flatMap(({ key }) => key ?? [])
  if (keys.length === 0) return []
  const found = await findKeptKeys(connection, scope ?? loaded.run.project, keys)
  const isLater = ({ runId: keptFor, event }: KeptKey) =>
    keptFor === runId && event !== null && event.seq > loaded.run.revision
  if (found.some((each) => each.kept !== null && isLater(each.kept))) return undefined
  return steps.map(({ key }) => found.find((each) => each.key === key)?.kept ?? null)
}

function isUnlogged({ results, events }: StepsDecision): boolean {
  return events.length === 0 && results.some((result) => result.ok && result.changed && !result.replayed)
}

/** The change that a decision makes to the run. */
function toChange(
  { settings }: Commands,
  request: StepsRequest,
  loaded: LoadedForDecision | RecalledRun,
  decision: StepsDecision,
): Change {
  const { run: before, workflow, family } = loaded
  const { run, events } = decision
  return {
    before,
    after: run,
    events,
    until: endOf(loaded, settings),
    family,
    dueAt: nextDueAt(run, workflow, settings),
    ...keysOf(request, loaded, decision),
    ...(request.contents && { contents: request.contents }),
    ...('stillHolds' in loaded && { stillHolds: loaded.stillHolds }),
  }
}

/**
 * Returns until when a decision about a run holds: until the lease that was live has expired; about a recalled one also until something is
 * due, and no longer than its clock can be trusted. Null: until the run changes.
 */
function endOf(loaded: LoadedForDecision | RecalledRun, settings: Settings): Instant | null {
  const { run, now, workflow } = loaded
  const leaseEnd = liveClaim(run.claim, now)?.expiresAt ?? null
  if (!('stillHolds' in loaded)) return leaseEnd
  const due = nextDueAt(run, workflow, settings) ?? Number.POSITIVE_INFINITY
  return Math.min(leaseEnd ?? due, due, now + MAX_RECALLED_AGE_MS)
}

/** The keys of the steps that changed the run: that of the last event, and those of earlier ones. */
function keysOf(
  request: StepsRequest,
  loaded: LoadedRun,
  { results, events }: StepsDecision,
): Pick<Change, 'key' | 'earlierKeys'> {
  if (isRefusedAsAWhole(request, results)) return { key: null }
  let last: IdempotencyKey | null = null
  const earlier = new Map<number, IdempotencyKey>()
  for (const [place, step] of request.steps.entries()) {
    const result = results[place]
    if (!result?.ok || !result.changed || result.replayed) continue
    const key = keyOf(request, step, loaded)
    if (result.event === null || result.event.seq === events.at(-1)?.seq) last = key
    else if (key) earlier.set(result.event.seq, key)
  }
  return { key: last, ...(earlier.size > 0 && { earlierKeys: earlier }) }
}

/** True if a step was refused and therefore none is taken. */
function isRefusedAsAWhole({ isAtomic }: StepsRequest, results: StepsDecision['results']): boolean {
  return isAtomic && results.some((result) => !result.ok)
}

function keyOf(
  { scope }: StepsRequest,
  { key, request }: StepRequest,
  { run }: LoadedRun,
): IdempotencyKey | null {
  return key && { scope: scope ?? run.project, ...key, request }
}

/**
 * Applies due changes to the run that occupies a run's chain: an expired claim on its row must not block the next
 * run.
 */
export async function sweepChainOf(commands: Commands, runId: string): Promise<undefined> {
  const [loaded] = await loadRuns(commands.store.pool, commands.store, [runId])
  const id = loaded && (await findChainHolder(commands.store.pool, loaded.run.chainId))
  if (id) await sweepOne(commands, id)
}

/** Applies only the due changes of a run. */
export function sweepOne(commands: Commands, runId: string): Promise<StepsChanged> {
  const steps = [{ command: { type: 'sweep' }, key: null, request: null }] as const
  return changeSteps(commands, SYSTEM, { runId, steps, isAtomic: false })
}

/** Adds the run after the decision, and the message of a problem; reveals nothing to an agent whose claim is over. */
function show(
  { caller, request }: Pick<Attempt, 'caller' | 'request'>,
  { workflow, now, family, continuedBy, run: before }: LoadedForDecision,
  { results, run }: StepsDecision,
): StepsChanged['results'] {
  const after: LoadedRun = { run, workflow, now, family, continuedBy }
  // a refusal shows the run after due changes; an accepted command may itself have ended the claim
  const isOver = isClaimOver(caller, results.every(({ ok }) => ok) ? before : run)
  const shown = results.map((result, place) => {
    const answer = result.ok ? { ...result, run: after } : refuse(result.problem, after)
    const { type } = (request.steps[place] ?? request.steps[0]).command
    return isOver ? withhold(answer, caller, type) : answer
  })
  const [first, ...others] = shown
  if (!first) throw new Error(`nothing was decided about ${run.id}`)
  return [first, ...others]
}
