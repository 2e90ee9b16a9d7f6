import type { Operation } from '../../lifecycle/run/authority.ts'
import type { Command } from '../../lifecycle/run/commands.ts'
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
import { violatedConstraint } from '../../store/sql/openStore.ts'
import type { Connection } from '../../store/sql/statement.ts'
import type { IdempotencyKey } from '../../store/rows/workRows.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { tick, TICK_STALE_AFTER_SECONDS } from '../../store/account/tick.ts'
import { objection, refuse, type Refused, type RunAnswer } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { actorOf, type Caller, type Commands, ContendedError, SYSTEM } from '../kit/context.ts'
import { isClaimOver, withhold } from '../kit/claimOver.ts'
import { newId } from '../kit/ids.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'
import { decideParentNote, parentNoteOf } from './noteParent.ts'

/** A command about one run, as its caller sent it. */
export interface RunRequest {
  /** What is asked for; null for what the server does by itself. */
  readonly operation: Operation | null
  readonly runId: string
  readonly command: Command
  readonly idempotencyKey?: string | null | undefined
  /** Where the key counts; the run's project unless said otherwise. */
  readonly scope?: string
  /** The input without its key, to be compared where the key comes again. */
  readonly request: Json
  /** What more the caller needs to be allowed, by the run as it is; a refusal where it is not. */
  readonly authorize?: (run: Run) => Refused | undefined
  /** Contents of the artifacts that the command brings, by their ids. */
  readonly contents?: ReadonlyMap<string, string>
}

/** How often a decision is tried against the revision it was made on, before the run is locked for it. */
const OPTIMISTIC_TRIES = 2

/**
 * load → decide → apply, the way of every command about one run. A decision that finds somebody was first is made
 * anew on what is there now; the third try holds the run's row, so that crowds make progress.
 * Answers with RunNotFound, Forbidden, ConcurrencyConflict, or whatever the decision refuses with.
 * Throws ContendedError where even that can't be done in time.
 */
export async function changeOne(commands: Commands, caller: Caller, ask: RunRequest): Promise<Changed> {
  const { store } = commands
  const tries = [
    ...Array.from({ length: OPTIMISTIC_TRIES }, () => () => attempt(commands, store.pool, caller, ask)),
    () =>
      withRunLocked(store, ask.runId, (connection) =>
        attempt(commands, connection, caller, ask, { locked: true }),
      ),
  ]
  for (const tryIt of tries) {
    try {
      const attempted = await tryIt()
      // after the commit: a reader that is woken before it finds nothing, and sleeps on
      if (attempted?.wrote) commands.announce(ask.runId)
      if (attempted?.notedOn) commands.announce(attempted.notedOn)
      if (attempted) return attempted
    } catch (error) {
      const answer = await onViolation(commands, ask, error)
      if (answer) return refused(answer)
    }
  }
  throw new ContendedError(ask.runId)
}

/** What a command came to. */
export interface Changed {
  readonly answer: RunAnswer
  /** Whether anything was written, were it only what was due. */
  readonly wrote: boolean
  /** The run, where it settled by what was written, or its cancel was accepted: those around it are owed something then. */
  readonly ended: Run | null
  /** The parent that was told of it in the same statement; null where none was. */
  readonly notedOn: string | null
}

/** One round of load, decide and apply; undefined where somebody was first. */
async function attempt(
  commands: Commands,
  connection: Connection,
  caller: Caller,
  ask: RunRequest,
  { locked = false } = {},
): Promise<Changed | undefined> {
  const loaded = await load(commands, connection, ask)
  if (!loaded) return refused(objection({ type: 'RunNotFound', runId: ask.runId }))
  const denied =
    checkRun(caller, loaded.run) ??
    (ask.operation ? checkRole(caller, ask.operation) : undefined) ??
    ask.authorize?.(loaded.run)
  if (denied) return refused(denied)
  const situation = { ...loaded, ...DECISION_FUNCTIONS, settings: commands.settings }
  const decision = decide(situation, ask.command, actorOf(caller), ask.request)
  // a fact told after the end raises no revision that could guard it: only the row's lock keeps two from being told at once
  if (!locked && isUnlogged(decision)) return undefined
  const note = parentNoteOf(loaded.run, decision)
  const parentId = note && loaded.run.parentId
  const settle = () => (parentId ? sweepOne(commands, parentId) : Promise.resolve())
  const above = parentId
    ? await decideParentNote(commands, connection, caller, { parentId, note, settle })
    : null
  if (above === undefined) return undefined
  const applied = await apply(commands, connection, caller, ask, loaded, decision, above)
  if (!applied) return undefined
  const wrote =
    decision.run !== loaded.run || (decision.verdict.kind === 'accepted' && decision.verdict.deleted)
  const ended = isEnd(loaded.run, decision.run) ? decision.run : null
  const answer = toAnswer(loaded, decision)
  // a refusal shows the run after what was due; what is accepted may itself have ended the claim
  const isOver = isClaimOver(caller, answer.ok ? loaded.run : decision.run)
  return {
    answer: isOver ? withhold(answer, caller, ask.operation) : answer,
    wrote,
    ended,
    notedOn: above && above.before.id,
  }
}

/** True where the run settled, or its cancel was accepted, by what was decided. */
function isEnd(before: Run, { status, settledAt }: Run): boolean {
  if (settledAt !== null) return settledAt !== before.settledAt
  return status === 'CANCELLING' && before.status !== 'CANCELLING'
}

function refused(answer: RunAnswer): Changed {
  return { answer, wrote: false, ended: null, notedOn: null }
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
  ask: RunRequest,
): Promise<LoadedForDecision | null> {
  const namedId = namedRow(ask.command)
  const lookup = {
    runId: ask.runId,
    namedId,
    operation: ask.operation ?? '',
    key: ask.idempotencyKey ?? null,
    scope: ask.scope ?? null,
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
  ask: RunRequest,
  loaded: LoadedForDecision,
  { verdict, events, run }: Decision,
  above: Change | null,
): Promise<boolean> {
  const key = verdict.kind === 'accepted' && (verdict.changed || verdict.deleted) ? toKey(ask, loaded) : null
  if (verdict.kind === 'accepted' && verdict.deleted) {
    // what was due on it is of no account any more: the run goes as it was loaded
    return deleteRun(connection, loaded.run, actorOf(caller), key, newId('workspaceOperation'))
  }
  if (run === loaded.run) return true
  const dueAt = nextDueAt(run, loaded.workflow, commands.settings)
  const change = { before: loaded.run, after: run, events, dueAt, key, ...contentsOf(ask) }
  return applyDecision(connection, change, above)
}

function contentsOf({ contents }: RunRequest): Pick<RunRequest, 'contents'> {
  return contents ? { contents } : {}
}

function toKey(
  { operation, idempotencyKey, request, scope }: RunRequest,
  { run }: LoadedRun,
): IdempotencyKey | null {
  return operation && idempotencyKey
    ? { scope: scope ?? run.project, operation, key: idempotencyKey, request }
    : null
}

/** A named constraint that was violated says that somebody was first; anything else is a fault. */
async function onViolation(
  commands: Commands,
  ask: RunRequest,
  error: unknown,
): Promise<RunAnswer | undefined> {
  switch (violatedConstraint(error)) {
    case 'event_idempotency_key':
    case 'session_live_role':
    case 'approval_open':
    case 'run_continued_is_over':
      return undefined
    case 'run_chain':
      await sweepChainOf(commands, ask.runId)
      return undefined
    case 'tombstone_idempotency_key':
      return refuse({ type: 'IdempotencyMismatch', differingPaths: ['runId'] })
    case 'run_concurrency_key': {
      const [loaded] = await loadRuns(commands.store.pool, commands.store, [ask.runId])
      if (!loaded || loaded.run.concurrencyKey === null) return undefined
      const holder = await currentHolder(commands, loaded.run.project, loaded.run.concurrencyKey)
      return holder ? objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' }) : undefined
    }
    default:
      throw error
  }
}

/** The run that holds a concurrency key, after what was due on it; null where nothing holds it any more. */
export async function currentHolder(
  commands: Commands,
  project: string,
  key: string,
): Promise<LoadedRun | null> {
  const id = await findConcurrencyKeyHolder(commands.store.pool, project, key)
  if (id === null) return null
  const { answer } = await sweepOne(commands, id)
  if (!answer.ok) return null
  const { run } = answer.run
  return isSettledStatus(run.status) && run.claim === null ? null : answer.run
}

async function sweepChainOf(commands: Commands, runId: string): Promise<void> {
  const [loaded] = await loadRuns(commands.store.pool, commands.store, [runId])
  if (loaded) await sweepChain(commands, loaded.run.chainId)
}

/** Applies what is due on the run that holds a chain: an expired claim on its row must not hold up the next. */
export async function sweepChain(commands: Commands, chainId: string): Promise<void> {
  const id = await findChainHolder(commands.store.pool, chainId)
  if (id !== null) await sweepOne(commands, id)
}

/** Applies what is due on a run and nothing else. */
export function sweepOne(commands: Commands, runId: string): Promise<Changed> {
  return changeOne(commands, SYSTEM, { operation: null, runId, command: { type: 'sweep' }, request: null })
}

function toAnswer(
  { workflow, now, family, continuedBy }: LoadedForDecision,
  { verdict, events, run }: Decision,
): RunAnswer {
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
