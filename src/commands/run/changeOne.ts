import type { Command } from '../../lifecycle/run/commandInputs.ts'
import { canBeRefusedWith, type RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import { type Decision, decide } from '../../lifecycle/decide.ts'
import { nextDueAt } from '../../lifecycle/decide/due.ts'
import type { Json, Run } from '../../lifecycle/run/run.ts'
import { isSettledStatus } from '../../lifecycle/run/words.ts'
import { applyDecision, type Change } from '../../store/run/applyDecision.ts'
import { deleteRun } from '../../store/run/delete/deleteRun.ts'
import { findChainHolder } from '../../store/run/claim/findChainHolder.ts'
import { findConcurrencyKeyHolder } from '../../store/run/claim/findConcurrencyKeyHolder.ts'
import { type LoadedForDecision, loadForDecision } from '../../store/run/loadForDecision.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { Connection } from '../../store/sql/statement.ts'
import type { IdempotencyKey } from '../../store/rows/workRows.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { tick, TICK_STALE_AFTER_SECONDS } from '../../store/account/tick.ts'
import { objection, refuse, type Refused, type RunResult } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { actorOf, type Caller, type Commands, SYSTEM } from '../kit/context.ts'
import { type Applied, decideAndApply, decideAnew, unwritten } from '../kit/decideAndApply.ts'
import { isClaimOver, withhold } from '../kit/claimOver.ts'
import { newId } from '../kit/ids.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'
import { decideParentNote, parentNoteOf } from './noteParent.ts'

/** A command about one run, as its caller sent it. */
export interface RunRequest<C extends Command = Command> {
  readonly runId: string
  readonly command: C
  readonly idempotencyKey?: string | null | undefined
  /** Where the key counts; the run's project unless said otherwise. */
  readonly scope?: string
  /** The input without its key, to be compared where the key comes again. */
  readonly request: Json
  /** What more the caller needs to be allowed, by the run as it is; a refusal where it is not. */
  readonly authorize?: (run: Run) => Refused<'Forbidden'> | undefined
  /** Contents of the artifacts that the command brings, by their ids. */
  readonly contents?: ReadonlyMap<string, string>
}

/** What any command about a run may be refused with, beside what its decision refuses with. */
export type BesideDecision = 'RunNotFound' | 'Forbidden' | 'IdempotencyMismatch'

/** The result of a command about one run. */
export type ChangeResult<C extends Command> = RunResult<BesideDecision | RefusalTypeOf<C['type']>>

/** What a command came to. */
export interface Changed<R extends RunResult = RunResult> {
  readonly result: R
  /** The run, where it settled by what was written, or its cancel was accepted: those around it are owed something then. */
  readonly ended: Run | null
}

/**
 * Puts a command to one run. Answers with RunNotFound, Forbidden, ConcurrencyConflict, or whatever the decision refuses with; throws
 * ContendedError.
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
      // a conflict that the command does not list would be a fault of the rules
      ...(canBeRefusedWith(request.command.type, 'ConcurrencyConflict') && {
        run_concurrency_key: () => findConflict(commands, runId),
      }),
    },
  })
  // the rules, and what is above, refuse with nothing that COMMANDS does not list for the command
  return changed.result as Changed<ChangeResult<C>>
}

/** One round of load, decide and apply; undefined where somebody was first. */
async function attempt(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  request: RunRequest,
  isLocked: boolean,
): Promise<Applied<Changed> | undefined> {
  const { runId, command } = request
  const loaded = await load(commands, connection, request)
  if (!loaded) return unwritten(refused(objection({ type: 'RunNotFound', runId })))
  const denied =
    checkRun(caller, loaded.run) ?? checkRole(caller, command.type) ?? request.authorize?.(loaded.run)
  if (denied) return unwritten(refused(denied))
  const situation = { ...loaded, ...DECISION_FUNCTIONS, settings: commands.settings }
  const decision = decide(situation, command, actorOf(caller), request.request)
  // a fact told after the end raises no revision that could guard it: only the row's lock keeps two from being told at once
  if (!isLocked && isUnlogged(decision)) return undefined
  const note = parentNoteOf(loaded.run, decision)
  const parentId = note && loaded.run.parentId
  const settle = () => (parentId ? sweepOne(commands, parentId) : Promise.resolve())
  const parent = parentId
    ? await decideParentNote(commands, connection, caller, { parentId, note, settle })
    : null
  if (parent === undefined) return undefined
  if (!(await apply(commands, connection, caller, request, loaded, decision, parent))) return undefined
  const wrote =
    decision.run !== loaded.run || (decision.verdict.kind === 'accepted' && decision.verdict.deleted)
  const result = toResult(loaded, decision)
  // a refusal shows the run after what was due; what is accepted may itself have ended the claim
  const isOver = isClaimOver(caller, result.ok ? loaded.run : decision.run)
  return {
    result: {
      result: isOver ? withhold(result, caller, command.type) : result,
      ended: isEnd(loaded.run, decision.run) ? decision.run : null,
    },
    written: [...(wrote ? [runId] : []), ...(parent ? [parent.before.id] : [])],
  }
}

/** True where the run settled, or its cancel was accepted, by what was decided. */
function isEnd(before: Run, { status, settledAt }: Run): boolean {
  if (settledAt !== null) return settledAt !== before.settledAt
  return status === 'CANCELLING' && before.status !== 'CANCELLING'
}

function refused(result: RunResult): Changed {
  return { result, ended: null }
}

/** The row that a command is about, where it is about one that may have ended. */
function namedRow(command: Command): string | null {
  switch (command.type) {
    case 'finishExecution':
      return command.executionId
    case 'updateSession':
    case 'recordPrompt':
      return command.sessionId
    case 'decideApproval':
      return command.approvalId
    case 'acknowledgeMessage':
      return command.messageId
    default:
      return null
  }
}

async function load(
  { store }: Commands,
  connection: Connection,
  { runId, command, idempotencyKey, scope }: RunRequest,
): Promise<LoadedForDecision | null> {
  const lookup = {
    runId,
    namedId: namedRow(command),
    operation: command.type,
    key: idempotencyKey ?? null,
    scope: scope ?? null,
  }
  const loaded = await loadForDecision(connection, store, lookup)
  // nobody kept watch: what expired meanwhile gets its period back before anyone is judged by it
  if (!loaded || loaded.now - loaded.tickAt <= TICK_STALE_AFTER_SECONDS * 1000) return loaded
  await tick(connection)
  return loadForDecision(connection, store, lookup)
}

function isUnlogged({ verdict, events }: Decision): boolean {
  return verdict.kind === 'accepted' && verdict.changed && events.length === 0
}

/** Writes what was decided. True where it stands, or where there was nothing to write. */
async function apply(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  request: RunRequest,
  loaded: LoadedForDecision,
  { verdict, events, run }: Decision,
  parent: Change | null,
): Promise<boolean> {
  const key =
    verdict.kind === 'accepted' && (verdict.changed || verdict.deleted) ? toKey(request, loaded) : null
  if (verdict.kind === 'accepted' && verdict.deleted) {
    // what was due on it is of no account any more: the run goes as it was loaded
    return deleteRun(connection, loaded.run, actorOf(caller), key, newId('workspaceOperation'))
  }
  if (run === loaded.run) return true
  const dueAt = nextDueAt(run, loaded.workflow, commands.settings)
  const change = { before: loaded.run, after: run, events, dueAt, key, ...contentsOf(request) }
  return applyDecision(connection, change, parent)
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

/** The conflict with whatever holds the concurrency key of a run; undefined where nothing holds it any more. */
async function findConflict(commands: Commands, runId: string): Promise<Changed | undefined> {
  const [loaded] = await loadRuns(commands.store.pool, commands.store, [runId])
  if (!loaded || loaded.run.concurrencyKey === null) return undefined
  const holder = await currentHolder(commands, loaded.run.project, loaded.run.concurrencyKey)
  return holder ? refused(objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' })) : undefined
}

/** The run that holds a concurrency key, after what was due on it; null where nothing holds it any more. */
export async function currentHolder(
  commands: Commands,
  project: string,
  key: string,
): Promise<LoadedRun | null> {
  const id = await findConcurrencyKeyHolder(commands.store.pool, project, key)
  if (id === null) return null
  const { result } = await sweepOne(commands, id)
  if (!result.ok) return null
  const { run } = result.run
  return isSettledStatus(run.status) && run.claim === null ? null : result.run
}

/** Applies what is due on the run that holds a run's chain: an expired claim on its row must not hold up the next. */
export async function sweepChainOf(commands: Commands, runId: string): Promise<undefined> {
  const [loaded] = await loadRuns(commands.store.pool, commands.store, [runId])
  const id = loaded && (await findChainHolder(commands.store.pool, loaded.run.chainId))
  if (id) await sweepOne(commands, id)
}

/** Applies what is due on a run and nothing else. */
export function sweepOne(commands: Commands, runId: string): Promise<Changed> {
  return changeOne(commands, SYSTEM, { runId, command: { type: 'sweep' }, request: null })
}

function toResult(
  { workflow, now, family, continuedBy }: LoadedForDecision,
  { verdict, events, run }: Decision,
): RunResult {
  const after: LoadedRun = { run, workflow, now, family, continuedBy }
  switch (verdict.kind) {
    case 'refused':
      return refuse(verdict.refusal, after)
    case 'replayed':
      // a key is kept only with what changed something, and the first answer said so
      return { ok: true, run: after, changed: true, replayed: true, event: verdict.kept.event }
    case 'accepted':
      return {
        ok: true,
        run: after,
        changed: verdict.changed,
        replayed: false,
        // what was due is no event of a command that changed nothing
        event: verdict.changed ? (events.at(-1) ?? null) : null,
      }
  }
}
