import type { Command } from '../../lifecycle/run/commandInputs.ts'
import { canBeRefusedWith, type RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import { type Decision, decide } from '../../lifecycle/decide.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import { type Instant, type Json, liveClaim, type Run } from '../../lifecycle/run/run.ts'
import type { Settings } from '../../lifecycle/run/settings.ts'
import { isSettledStatus } from '../../lifecycle/run/enums.ts'
import type { Change } from '../../store/run/applyDecision.ts'
import { deleteRun } from '../../store/run/delete/deleteRun.ts'
import { findChainHolder } from '../../store/run/claim/findChainHolder.ts'
import { findConcurrencyKeyHolder } from '../../store/run/claim/findConcurrencyKeyHolder.ts'
import type { LoadedForDecision, Lookup } from '../../store/run/loadForDecision.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { RecalledRun } from '../../store/run/rememberRuns.ts'
import { accessBy, type RunAccess } from '../../store/run/runBatches.ts'
import type { Connection } from '../../store/sql/statement.ts'
import type { IdempotencyKey } from '../../store/sql/idempotencyKey.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { tick, TICK_STALE_AFTER_SECONDS } from '../../store/account/tick.ts'
import { objection, refuse, type RefusedWith, type RunResult } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { actorOf, type Caller, type Commands, SYSTEM } from '../kit/context.ts'
import { type Applied, decideAndApply, decideAnew, unwritten } from '../kit/decideAndApply.ts'
import { isClaimOver, withhold } from '../kit/claimOver.ts'
import { newId } from '../kit/ids.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'
import { decideParentNote, parentNoteOf } from './noteParent.ts'

/** How far the clock of a recalled run may lag behind the database's, in milliseconds, such as after the machine has slept. */
const MAX_RECALLED_AGE_MS = 5_000

/** A command about one run, as its caller sent it. */
export interface RunRequest<C extends Command = Command> {
  readonly runId: string
  readonly command: C
  readonly idempotencyKey?: string | null | undefined
  readonly ifRevision?: number | null | undefined
  /** Scope of the idempotency key; default: the run's project. */
  readonly scope?: string
  /** The input without its key, compared when the key is used again. */
  readonly request: Json
  /** Further authorization, based on the current run; returns a refusal if the caller may not. */
  readonly authorize?: (run: Run) => RefusedWith<'Forbidden'> | undefined
  /** Contents of the submitted artifacts, by artifact id. */
  readonly contents?: ReadonlyMap<string, string>
}

/** The refusals that any command about a run may return besides those of its decision. */
export type BesideDecision = 'NotFound' | 'Forbidden' | 'IdempotencyMismatch'

/** The result of a command about one run. */
export type ChangeResult<C extends Command> = RunResult<BesideDecision | RefusalTypeOf<C['type']>>

/** The result of applying a command. */
export interface Changed<R extends RunResult = RunResult> {
  readonly result: R
  /**
   * The run, if this change settled it or accepted its cancel, so that its parent and children must be updated;
   * otherwise null.
   */
  readonly ended: Run | null
}

/**
 * Applies a command to one run. Answers with NotFound, Forbidden, ConcurrencyConflict, or a refusal of the
 * decision.
 *
 * @throws ContendedError
 */
export async function changeOne<C extends Command>(
  commands: Commands,
  caller: Caller,
  request: RunRequest<C>,
): Promise<Changed<ChangeResult<C>>> {
  const { runId } = request
  const { store } = commands
  const changed = await decideAndApply<Changed>(commands, {
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
      run_chain: () => sweepChainOf(commands, runId),
      tombstone_idempotency_key: () =>
        Promise.resolve(refused(refuse({ type: 'IdempotencyMismatch', differingPaths: ['runId'] }))),
      // a conflict that the command does not list would be a bug in the rules
      ...(canBeRefusedWith(request.command.type, 'ConcurrencyConflict') && {
        run_concurrency_key: () => findConflict(commands, runId),
      }),
    },
  })
  // the rules and the handlers above only return refusals that COMMANDS lists for the command
  return changed.result as Changed<ChangeResult<C>>
}

/** Runs one round of load, decide and apply; returns undefined if another writer was first. */
async function attempt(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  request: RunRequest,
  isLocked: boolean,
): Promise<Applied<Changed> | undefined> {
  const { writer } = commands
  const recalled = isLocked || caller === SYSTEM ? null : await writer.recall(toLookup(request))
  const accepted =
    recalled && (await change({ commands, connection, access: writer, caller, request }, recalled))
  if (accepted) return accepted
  const access = isLocked ? accessBy(connection, commands.store) : writer
  const loaded = await load(access, connection, request)
  if (!loaded) return unwritten(refused(refuse({ type: 'NotFound', kind: 'RUN', id: request.runId })))
  return change({ commands, connection, access, caller, request, isLocked }, loaded)
}

/** What one round works with. */
interface Attempt {
  readonly commands: Commands
  readonly connection: Connection
  readonly access: RunAccess
  readonly caller: Caller
  readonly request: RunRequest
  readonly isLocked?: boolean
}

/**
 * Decides on a run and applies the decision; returns undefined if that must be done again: another writer was first, or the run was recalled
 * and the decision is more than an accepted change of it alone.
 */
async function change(
  { commands, connection, access, caller, request, isLocked = false }: Attempt,
  loaded: LoadedForDecision | RecalledRun,
): Promise<Applied<Changed> | undefined> {
  const { runId, ifRevision } = request
  const command = ifRevision == null ? request.command : { ...request.command, ifRevision }
  const isRecalled = 'stillHolds' in loaded
  const denied =
    checkRun(caller, loaded.run) ?? checkRole(caller, command.type) ?? request.authorize?.(loaded.run)
  if (denied) return isRecalled ? undefined : unwritten(refused(denied))
  const situation = { ...loaded, ...DECISION_FUNCTIONS, settings: commands.settings }
  const decision = decide(situation, command, actorOf(caller), request.request)
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
  const isApplied =
    decision.result.ok && decision.result.deleted
      ? deleteRun(
          connection,
          loaded.run,
          actorOf(caller),
          toKey(request, loaded),
          newId('workspaceOperation'),
        )
      : apply(commands, access, request, loaded, decision, parent)
  if (!(await isApplied)) return undefined
  const wrote = decision.run !== loaded.run || (decision.result.ok && decision.result.deleted)
  const result = show(loaded, decision)
  // a refusal shows the run after due changes; an accepted command may itself have ended the claim
  const isOver = isClaimOver(caller, result.ok ? loaded.run : decision.run)
  return {
    result: {
      result: isOver ? withhold(result, caller, command.type) : result,
      ended: isEnd(loaded.run, decision.run) ? decision.run : null,
    },
    written: [...(wrote ? [runId] : []), ...(parent ? [parent.before.id] : [])],
    isQueued: (wrote && decision.run.status === 'QUEUED') || parent?.after.status === 'QUEUED',
  }
}

/** True if the decision only changes the run, as asked: what else it depends on is then checked when it is written. */
function isPlainChange({ result, events, isDue }: Decision): boolean {
  return result.ok && result.changed && !result.deleted && !isDue && events.length > 0
}

/** True if the decision settled the run or accepted its cancel. */
function isEnd(before: Run, { status, settledAt }: Run): boolean {
  if (settledAt !== null) return settledAt !== before.settledAt
  return status === 'CANCELLING' && before.status !== 'CANCELLING'
}

function refused(result: RunResult): Changed {
  return { result, ended: null }
}

/** Returns the id of the dependent row named by a command, which may have ended; null if it names none. */
function namedRow(command: Command): string | null {
  switch (command.type) {
    case 'finishExecution':
      return command.executionId
    case 'updateSession':
    case 'recordPrompt':
      return command.sessionId
    case 'decideApproval':
    case 'withdrawApproval':
      return command.approvalId
    case 'acknowledgeMessage':
      return command.messageId
    default:
      return null
  }
}

function toLookup({ runId, command, idempotencyKey, scope }: RunRequest): Lookup {
  return {
    runId,
    namedId: namedRow(command),
    operation: command.type,
    key: idempotencyKey ?? null,
    scope: scope ?? null,
  }
}

async function load(
  access: RunAccess,
  connection: Connection,
  request: RunRequest,
): Promise<LoadedForDecision | null> {
  const lookup = toLookup(request)
  const loaded = await access.load(lookup)
  // no server was watching for a while: expired leases are extended before anyone is judged by them
  if (!loaded || loaded.now - loaded.tickAt <= TICK_STALE_AFTER_SECONDS * 1000) return loaded
  await tick(connection)
  return access.load(lookup)
}

function isUnlogged({ result, events }: Decision): boolean {
  return result.ok && result.changed && !result.replayed && events.length === 0
}

/** Writes a decision; returns true if it was written or there was nothing to write. */
async function apply(
  { settings }: Commands,
  access: RunAccess,
  request: RunRequest,
  loaded: LoadedForDecision | RecalledRun,
  { result, events, run }: Decision,
  parent: Change | null,
): Promise<boolean> {
  const { run: before, workflow, family } = loaded
  if (run === before) return true
  const key = result.ok && result.changed ? toKey(request, loaded) : null
  const change: Change = {
    before,
    after: run,
    events,
    until: endOf(loaded, settings),
    family,
    dueAt: nextDueAt(run, workflow, settings),
    key,
    ...contentsOf(request),
    ...('stillHolds' in loaded && { stillHolds: loaded.stillHolds }),
  }
  return access.apply(change, parent)
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

function contentsOf({ contents }: RunRequest): Pick<RunRequest, 'contents'> {
  return contents ? { contents } : {}
}

function toKey(
  { command, idempotencyKey, request, scope }: RunRequest,
  { run }: LoadedRun,
): IdempotencyKey | null {
  return idempotencyKey
    ? { scope: scope ?? run.project, operation: command.type, key: idempotencyKey, request }
    : null
}

/** Returns the conflict with the holder of the run's concurrency key; undefined if the key is no longer held. */
async function findConflict(commands: Commands, runId: string): Promise<Changed | undefined> {
  const [loaded] = await loadRuns(commands.store.pool, commands.store, [runId])
  if (!loaded || loaded.run.concurrencyKey === null) return undefined
  const holderId = await findConcurrencyKeyHolder(
    commands.store.pool,
    loaded.run.project,
    loaded.run.concurrencyKey,
  )
  const holder = holderId && (await currentHolder(commands, holderId))
  return holder ? refused(objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' })) : undefined
}

/** Returns a run that holds a concurrency key, after applying its due changes; null if it no longer holds it. */
export async function currentHolder(commands: Commands, id: string): Promise<LoadedRun | null> {
  const { result } = await sweepOne(commands, id)
  if (!result.ok) return null
  const { run } = result.run
  return isSettledStatus(run.status) && run.claim === null ? null : result.run
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
export function sweepOne(commands: Commands, runId: string): Promise<Changed> {
  return changeOne(commands, SYSTEM, { runId, command: { type: 'sweep' }, request: null })
}

/** Adds the run after the decision, and the message of a problem. */
function show(
  { workflow, now, family, continuedBy }: LoadedForDecision,
  { result, run }: Decision,
): RunResult {
  const after: LoadedRun = { run, workflow, now, family, continuedBy }
  return result.ok ? { ...result, run: after } : refuse(result.problem, after)
}
