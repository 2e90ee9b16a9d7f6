import {
  type AcceptedByWorkspace,
  decideWorkspace,
  type WorkspaceCommand,
  type WorkspaceDecision,
  type WorkspaceRefusal,
  type WorkspaceRefusalOf,
} from '../../lifecycle/workspace/decideWorkspace.ts'
import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import { mayReport, type PresentWorkspace } from '../../lifecycle/workspace/workspace.ts'
import { applyWorkspace } from '../../store/workspace/applyWorkspace.ts'
import { loadWorkspace, type WorkspaceForDecision } from '../../store/workspace/loadWorkspace.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { withWorkspaceLocked } from '../../store/sql/withRowLocked.ts'
import { findWorkspaceOperations } from '../../store/workspace/findWorkspaceOperations.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import type { Result } from '../../lifecycle/run/result.ts'
import { objection, type Problem, refuse, type RefusedWith } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { type Applied, decideAndApply, decideAnew, unwritten } from '../kit/decideAndApply.ts'

/** A command about one workspace, as its caller sent it. */
export interface WorkspaceRequest<C extends WorkspaceCommand = WorkspaceCommand> {
  readonly workspaceId: string
  readonly command: C
  readonly idempotencyKey?: string | null | undefined
  /** The input without its key, compared when the key is used again. */
  readonly request: Json
}

/** The command was accepted, now or earlier under the same key; with the workspace after it. */
export interface WorkspaceSuccess extends AcceptedByWorkspace {
  readonly workspace: LoadedWorkspace
  readonly replayed: boolean
}

/** The refusals that any command about a workspace may return besides those of its decision. */
type BesideDecision = 'NotFound' | 'Forbidden' | 'IdempotencyMismatch'

/** The result of a command about one workspace. */
export type WorkspaceResult<C extends WorkspaceCommand> =
  | WorkspaceSuccess
  | RefusedWith<BesideDecision | WorkspaceRefusalOf<C['type']>['type']>

/**
 * Applies a command to one workspace, as `changeRun` does to a run: the decision is written by one statement, guarded
 * by the revision it was made on. Answers with NotFound, Forbidden, or a refusal of the decision.
 *
 * @throws ContendedError
 */
export async function changeWorkspace<C extends WorkspaceCommand>(
  commands: Commands,
  caller: Caller,
  request: WorkspaceRequest<C>,
): Promise<WorkspaceResult<C>> {
  const { workspaceId } = request
  const { result } = await decideAndApply<Result<WorkspaceSuccess, Problem>>(commands, {
    subject: workspaceId,
    lock: (work) => withWorkspaceLocked(commands.store, workspaceId, work),
    attempt: ({ withConnection }) => withConnection((connection) => attempt(connection, caller, request)),
    // the same key was used twice concurrently: the next load finds the first use
    constraints: { workspace_key_pkey: decideAnew },
  })
  // a rule refuses only with what COMMANDS lists for its command
  return result as WorkspaceResult<C>
}

/** Runs one round; returns undefined if another writer was first. */
async function attempt(
  connection: Connection,
  caller: Caller,
  request: WorkspaceRequest,
): Promise<Applied<Result<WorkspaceSuccess, Problem>> | undefined> {
  const { workspaceId, command, idempotencyKey } = request
  const operationId = 'operationId' in command ? command.operationId : null
  const lookup = { workspaceId, operationId, operation: command.type, key: idempotencyKey ?? null }
  const loaded = await loadWorkspace(connection, lookup)
  if (!loaded) return unwritten(refuse({ type: 'NotFound', kind: 'WORKSPACE', id: workspaceId }))
  const denied =
    checkProject(caller, loaded.workspace.project) ??
    checkRole(caller, command.type) ??
    checkReporter(caller, loaded, command)
  if (denied) return unwritten(denied)
  if (loaded.kept) return unwritten(await replay(connection, loaded, loaded.kept, request))
  const decision = decideWorkspace(loaded, command)
  const wrote = decision.workspace !== loaded.workspace
  if (wrote && !(await apply(connection, loaded, decision, request))) return undefined
  return { result: show(loaded, decision), written: wrote ? [{ id: workspaceId }] : [] }
}

/**
 * Returns a refusal if the caller reports the result of something that another principal started; otherwise
 * undefined.
 */
function checkReporter(
  caller: Caller,
  { named, previewStartedById }: WorkspaceForDecision,
  command: WorkspaceCommand,
): RefusedWith<'Forbidden'> | undefined {
  const { type } = command
  if (type !== 'finishWorkspaceOperation' && type !== 'reportPreview') return undefined
  // a report about an earlier start is refused by the decision
  const starter =
    type === 'finishWorkspaceOperation' && named?.attempt === command.attempt ? named.startedById : null
  if (mayReport(type === 'finishWorkspaceOperation' ? starter : previewStartedById, caller)) return undefined
  const started =
    type === 'finishWorkspaceOperation'
      ? `The operation was started by ${named?.worker ?? 'another worker'}`
      : 'The preview was started'
  const detail = `${started} with a token of another principal: only that one, or an ADMIN, may report its result.`
  return objection({ type: 'Forbidden', requiredRole: 'ADMIN', detail })
}

/**
 * Returns the answer to a key that was used before: the current state of what it was about, or the differing paths.
 */
async function replay(
  connection: Connection,
  { workspace, now }: WorkspaceForDecision,
  kept: NonNullable<WorkspaceForDecision['kept']>,
  { request }: WorkspaceRequest,
): Promise<Result<WorkspaceSuccess, Problem>> {
  const paths = differingFields(kept.request, request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  const { operationId } = kept
  const [operation = null] =
    operationId != null ? await findWorkspaceOperations(connection, [operationId]) : []
  // a key is stored only with a change, so the first answer was `changed: true`
  return { ok: true, workspace: { workspace, now }, operation, changed: true, replayed: true }
}

function apply(
  connection: Connection,
  { workspace: before }: WorkspaceForDecision,
  { result, workspace: after, operations }: WorkspaceDecision,
  { command, idempotencyKey, request }: WorkspaceRequest,
): Promise<boolean> {
  const accepted = result.ok ? result : null
  const operationId = accepted?.operation?.id ?? null
  const key =
    accepted && idempotencyKey ? { operation: command.type, key: idempotencyKey, operationId, request } : null
  return applyWorkspace(connection, { before, after, operations, told: toldBy(command, accepted), key })
}

/** Returns the result reported by a worker, if the report was accepted. */
function toldBy(
  command: WorkspaceCommand,
  accepted: unknown,
): { operationId: string; result: GivenResult } | null {
  if (!accepted || command.type !== 'finishWorkspaceOperation' || command.error) return null
  return { operationId: command.operationId, result: command.result }
}

/** Adds the workspace after the decision, and the message of a problem. */
function show(
  { now }: WorkspaceForDecision,
  { result, workspace }: WorkspaceDecision,
): Result<WorkspaceSuccess, Problem> {
  const after = { workspace, now }
  return result.ok ? { ...result, workspace: after, replayed: false } : refuseWith(result.problem, after)
}

function refuseWith(
  refusal: WorkspaceRefusal,
  workspace: { workspace: PresentWorkspace; now: number },
): RefusedWith {
  switch (refusal.type) {
    case 'InvalidInput':
    case 'NotFound':
      return refuse(refusal)
    case 'WorkspaceNotReady':
      return objection({ ...refusal, workspace })
    default:
      return objection(refusal)
  }
}
