import type { CommandOf } from '../../lifecycle/run/commandInputs.ts'
import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import { mayFinish } from '../../lifecycle/decide/executions.ts'
import type { Execution, Json, Run } from '../../lifecycle/run/run.ts'
import type { ReportedEnd } from '../../lifecycle/run/enums.ts'
import { endExecution } from '../../store/activity/execution/endExecution.ts'
import { findExecution, type LoadedExecution } from '../../store/activity/execution/findExecution.ts'
import { findExecutionByStartKey } from '../../store/activity/execution/findExecutionByStartKey.ts'
import { insertExecution } from '../../store/activity/execution/insertExecution.ts'
import { touchExecution as touch } from '../../store/activity/execution/touchExecution.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import {
  objection,
  refuse,
  refuseRevision,
  type RefusedWith,
  type ResultOf,
  type RunSuccess,
} from '../kit/answers.ts'
import { checkRole } from '../kit/authorize.ts'
import { changeRun } from '../run/changeRun.ts'
import { type Caller, type Commands, fenceOf, type Keyed, toRequest } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'
import { requestOf } from '../run/runCommands.ts'

/** A process that was launched, for a run or without one. */
export interface StartExecution extends Keyed {
  readonly runId?: string | null | undefined
  readonly phase?: string | null | undefined
  readonly command: string
  readonly pid?: number | null | undefined
  readonly fence?: number | null | undefined
}

/** How a process ended. */
export interface FinishExecution extends Keyed {
  readonly executionId: string
  /** The claim it was started under, live or over. */
  readonly fence?: number | null | undefined
  readonly exitCode?: number | null | undefined
  readonly signal?: string | null | undefined
  readonly end?: ReportedEnd | null | undefined
}

/** An accepted command about an execution, with its current run, if it has one. */
export interface ExecutionSuccess {
  readonly ok: true
  readonly execution: Execution
  readonly run: LoadedRun | null
  readonly replayed: boolean
}

/**
 * Records a process that was launched. For a run it is a driving write: RunNotActive, UnknownPhase, LeaseLost,
 * NotFound. An execution without a run needs no lease and belongs to the principal that started it.
 */
export async function startExecution(
  commands: Commands,
  caller: Caller,
  input: StartExecution,
): Promise<ResultOf<'startExecution', ExecutionSuccess>> {
  const runId = input.runId ?? caller.agent?.runId
  if (runId == null)
    return input.ifRevision == null ? startAlone(commands, caller, input) : refuseRevision(ALONE)
  const command = toStart(input, caller)
  const answer = await changeRun(commands, caller, { runId, command, ...requestOf(input) })
  return answer.ok ? present(commands, startedBy(answer), answer) : answer
}

/** The command that the input of `startExecution` asks for. */
export function toStart(input: StartExecution, caller: Caller): CommandOf<'startExecution'> {
  const { phase, command, pid, fence } = input
  return {
    type: 'startExecution',
    executionId: newId('execution'),
    phase: phase ?? null,
    command,
    pid: pid ?? null,
    fence: fenceOf(caller, fence),
  }
}

/** The id of the execution that a command has started; null if that is not known any more. */
export function startedBy({ event }: RunSuccess): string | null {
  return event?.type === 'execution.started' ? event.payload.id : null
}

async function startAlone(
  commands: Commands,
  caller: Caller,
  input: StartExecution,
): Promise<ResultOf<'startExecution', ExecutionSuccess>> {
  const denied = checkRole(caller, 'startExecution')
  if (denied) return denied
  const { pool } = commands.store
  const request = toRequest(input)
  const key = input.idempotencyKey ? { key: input.idempotencyKey, request } : null
  const { command, pid = null } = input
  const started = await insertExecution(
    pool,
    {
      id: newId('execution'),
      command,
      pid,
      startedBy: caller.name,
      startedById: caller.principalId,
    },
    key,
  )
  if (started) return { ok: true, execution: started, run: null, replayed: false }
  const before = key && (await findExecutionByStartKey(pool, key.key, caller.principalId))
  if (!before) throw new Error('an execution was neither recorded nor found under its key')
  const paths = differingFields(before.request, request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  return { ok: true, execution: before.execution, run: null, replayed: true }
}

/**
 * Records how a process ended: once, even after its run has settled, by the claim it was started under, live or over,
 * or by an operator. Answers with NotFound, ExecutionAlreadyFinished or Forbidden.
 */
export async function finishExecution(
  commands: Commands,
  caller: Caller,
  input: FinishExecution,
): Promise<ResultOf<'finishExecution', ExecutionSuccess>> {
  const { executionId, idempotencyKey } = input
  const found = await findExecution(commands.store.pool, executionId)
  if (!found) return refuse({ type: 'NotFound', kind: 'EXECUTION', id: executionId })
  const command = toFinish(input)
  const request = toRequest(input)
  const { runId } = found.execution
  if (runId === null && input.ifRevision != null) return refuseRevision(ALONE)
  if (runId === null) return finishAlone(commands, caller, found, { ...input, ...command }, request)
  const answer = await changeRun(commands, caller, {
    runId,
    authorize: (run) => checkFinisher(caller, run, input),
    command,
    idempotencyKey,
    ifRevision: input.ifRevision,
    request,
  })
  if (answer.ok) return present(commands, executionId, answer)
  // the run was deleted in between, and the execution with it
  const { problem } = answer
  return problem.type === 'NotFound'
    ? refuse({ type: 'NotFound', kind: 'EXECUTION', id: executionId })
    : { ok: false, problem }
}

/** The command that the input of `finishExecution` asks for. */
export function toFinish(input: FinishExecution): CommandOf<'finishExecution'> {
  const { executionId, exitCode, signal, end } = input
  return {
    type: 'finishExecution',
    executionId,
    exitCode: exitCode ?? null,
    signal: signal ?? null,
    end: end ?? 'EXITED',
  }
}

/**
 * Heartbeat of the supervisor of an execution without a run: after `orphanAfterSeconds` of silence the execution ends
 * as SUPERVISOR_LOST. Answers with NotFound, ExecutionAlreadyFinished, InvalidInput for an execution of a
 * run, or Forbidden.
 */
export async function touchExecution(
  { store }: Commands,
  caller: Caller,
  executionId: string,
): Promise<ResultOf<'touchExecution', ExecutionSuccess>> {
  const denied = checkRole(caller, 'touchExecution')
  if (denied) return denied
  const found = await findExecution(store.pool, executionId)
  if (!found) return refuse({ type: 'NotFound', kind: 'EXECUTION', id: executionId })
  const message = 'belongs to a run, whose lease already shows whether its owner is alive'
  if (found.execution.runId !== null)
    return refuse({ type: 'InvalidInput', issues: [{ path: ['executionId'], message }] })
  const foreign = checkStarter(caller, found.execution)
  if (foreign) return foreign
  const execution = await touch(store.pool, executionId)
  if (!execution) return refuse({ type: 'ExecutionAlreadyFinished', executionId })
  return { ok: true, execution, run: null, replayed: false }
}

async function finishAlone(
  commands: Commands,
  caller: Caller,
  found: LoadedExecution,
  input: FinishExecution & { exitCode: number | null; signal: string | null; end: ReportedEnd },
  request: Json,
): Promise<ResultOf<'finishExecution', ExecutionSuccess>> {
  const denied = checkRole(caller, 'finishExecution') ?? checkStarter(caller, found.execution)
  if (denied) return denied
  const { pool } = commands.store
  const key = input.idempotencyKey ? { key: input.idempotencyKey, request } : null
  const replayed = findEnd(found, key)
  if (replayed) return replayed
  const { id } = found.execution
  const { exitCode, signal, end } = input
  const ended = await endExecution(pool, { id, exitCode, signal, end }, key)
  if (ended) return { ok: true, execution: ended, run: null, replayed: false }
  // another request was first, perhaps this same one sent twice
  const present = await findExecution(pool, id)
  return (present && findEnd(present, key)) ?? refuse({ type: 'ExecutionAlreadyFinished', executionId: id })
}

/** Replays the end of an execution that was reported under this key before; undefined if none was. */
function findEnd(
  { execution, finishKey, finishRequest }: LoadedExecution,
  key: { readonly key: string; readonly request: Json } | null,
): ExecutionSuccess | RefusedWith<'IdempotencyMismatch'> | undefined {
  if (!key || key.key !== finishKey) return undefined
  const paths = differingFields(finishRequest, key.request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  return { ok: true, execution, run: null, replayed: true }
}

/** Refuses the end of an execution that another claim of the run has started. */
export function checkFinisher(
  caller: Caller,
  { executions }: Run,
  { executionId, fence }: Pick<FinishExecution, 'executionId' | 'fence'>,
): RefusedWith<'Forbidden'> | undefined {
  const execution = executions.find(({ id }) => id === executionId)
  if (!execution || mayFinish(execution, fenceOf(caller, fence), caller.role)) return undefined
  const detail = `This execution was started under claim ${execution.fence ?? 0}: send that fence, if it was yours, or report the end with an OPERATOR token.`
  return objection({ type: 'Forbidden', requiredRole: 'OPERATOR', detail })
}

/**
 * An execution without a run has no project either: only its principal and an ADMIN without project limits may access
 * it.
 */
function checkStarter(
  caller: Caller,
  { startedBy, startedById }: Execution,
): RefusedWith<'Forbidden'> | undefined {
  const isOfAll = caller.role === 'ADMIN' && caller.projects.length === 0
  if (isOfAll || caller.principalId === startedById) return undefined
  const message = `This execution belongs to ${startedBy}, who started it.`
  return objection({ type: 'Forbidden', requiredRole: 'ADMIN', detail: message })
}

const ALONE = 'an execution of none'

async function present(
  commands: Commands,
  id: string | null,
  { run, replayed }: RunSuccess,
): Promise<ExecutionSuccess> {
  return { ok: true, execution: await presentExecution(commands, id, run), run, replayed }
}

/** Returns an execution after a command: from the run just decided on, otherwise as stored. */
export async function presentExecution(
  { store }: Commands,
  id: string | null,
  { run }: LoadedRun,
): Promise<Execution> {
  const among = run.executions.find((each) => each.id === id)
  const execution = among ?? (id === null ? undefined : (await findExecution(store.pool, id))?.execution)
  if (!execution) throw new Error(`execution ${id ?? ''} is gone`)
  return execution
}
