import {
  decideWorkspace,
  type WorkspaceCommand,
  type WorkspaceDecision,
  type WorkspaceRefusalOf,
} from '../../lifecycle/workspace/decideWorkspace.ts'
import { differingPaths } from '../../lifecycle/log/differingPaths.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import {
  mayReport,
  type PresentWorkspace,
  type WorkspaceOperation,
} from '../../lifecycle/workspace/workspace.ts'
import { applyWorkspace } from '../../store/workspace/applyWorkspace.ts'
import { loadWorkspace, type WorkspaceForDecision } from '../../store/workspace/loadWorkspace.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { withWorkspaceLocked } from '../../store/sql/withRowLocked.ts'
import { findWorkspaceOperations } from '../../store/workspace/findWorkspaceOperations.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import { objection, type Refused, refuse, type Result } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { type Applied, decideAndApply, decideAnew, unwritten } from '../kit/decideAndApply.ts'

/** A command about one workspace, as its caller sent it. */
export interface WorkspaceRequest<C extends WorkspaceCommand = WorkspaceCommand> {
  readonly workspaceId: string
  readonly command: C
  readonly idempotencyKey?: string | null | undefined
  /** The input without its key, to be compared where the key comes again. */
  readonly request: Json
}

/** The command was accepted, now or under the same key before. */
export interface WorkspaceSuccess {
  readonly ok: true
  readonly workspace: LoadedWorkspace
  /** The operation it is about; null where it is about none. */
  readonly operation: WorkspaceOperation | null
  readonly changed: boolean
  readonly replayed: boolean
}

/** What any command about a workspace may be refused with, beside what its decision refuses with. */
type BesideDecision = 'WorkspaceNotFound' | 'Forbidden' | 'IdempotencyMismatch'

/** The result of a command about one workspace. */
export type WorkspaceResult<C extends WorkspaceCommand> = Result<
  WorkspaceSuccess,
  BesideDecision | WorkspaceRefusalOf<C['type']>['type']
>

/**
 * Puts a command to one workspace, as `changeRun` to a run: the decision is written by one statement that is guarded by the revision it
 * was made on. Answers with WorkspaceNotFound, Forbidden, or whatever the decision refuses with. Throws ContendedError.
 */
export async function changeWorkspace<C extends WorkspaceCommand>(
  commands: Commands,
  caller: Caller,
  request: WorkspaceRequest<C>,
): Promise<WorkspaceResult<C>> {
  const { workspaceId } = request
  const { result } = await decideAndApply<Result<WorkspaceSuccess>>(commands, {
    subject: workspaceId,
    lock: (work) => withWorkspaceLocked(commands.store, workspaceId, work),
    attempt: ({ withConnection }) => withConnection((connection) => attempt(connection, caller, request)),
    // the same key came twice at once: the one who was first is seen by the next load
    constraints: { workspace_key_pkey: decideAnew },
  })
  // a rule refuses with nothing that COMMANDS does not list for its command
  return result as WorkspaceResult<C>
}

/** One round; undefined where somebody was first. */
async function attempt(
  connection: Connection,
  caller: Caller,
  request: WorkspaceRequest,
): Promise<Applied<Result<WorkspaceSuccess>> | undefined> {
  const { workspaceId, command, idempotencyKey } = request
  const operationId = 'operationId' in command ? command.operationId : null
  const lookup = { workspaceId, operationId, operation: command.type, key: idempotencyKey ?? null }
  const loaded = await loadWorkspace(connection, lookup)
  if (!loaded) return unwritten(objection({ type: 'WorkspaceNotFound', workspaceId }))
  const denied =
    checkProject(caller, loaded.workspace.project) ??
    checkRole(caller, command.type) ??
    checkReporter(caller, loaded, command)
  if (denied) return unwritten(denied)
  if (loaded.kept) return unwritten(await replay(connection, loaded, loaded.kept, request))
  const decision = decideWorkspace(loaded, command)
  const wrote = decision.workspace !== loaded.workspace
  if (wrote && !(await apply(connection, loaded, decision, request))) return undefined
  return { result: toResult(loaded, decision), written: wrote ? [workspaceId] : [] }
}

/** A refusal where the caller tells what came of something that another principal started; undefined where it may. */
function checkReporter(
  caller: Caller,
  { named, previewStartedById }: WorkspaceForDecision,
  command: WorkspaceCommand,
): Refused<'Forbidden'> | undefined {
  const { type } = command
  if (type !== 'finishWorkspaceOperation' && type !== 'reportPreview') return undefined
  // of an earlier start nobody's word counts, which the decision says
  const starter =
    type === 'finishWorkspaceOperation' && named?.attempt === command.attempt ? named.startedById : null
  if (mayReport(type === 'finishWorkspaceOperation' ? starter : previewStartedById, caller)) return undefined
  const started =
    type === 'finishWorkspaceOperation'
      ? `The operation was started by ${named?.worker ?? 'another worker'}`
      : 'The preview was started'
  const detail = `${started} with a token of another principal: only that one, or an ADMIN, may say what came of it.`
  return objection({ type: 'Forbidden', requiredRole: 'ADMIN', detail })
}

/** The answer to a key that was used before: what it was about as that is now, or what differs. */
async function replay(
  connection: Connection,
  { workspace, now }: WorkspaceForDecision,
  kept: NonNullable<WorkspaceForDecision['kept']>,
  { request }: WorkspaceRequest,
): Promise<Result<WorkspaceSuccess>> {
  const paths = differingPaths(kept.request, request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  const { operationId } = kept
  const [operation = null] = operationId ? await findWorkspaceOperations(connection, [operationId]) : []
  // a key is kept only with what changed something, and the first answer said so
  return { ok: true, workspace: { workspace, now }, operation, changed: true, replayed: true }
}

function apply(
  connection: Connection,
  { workspace: before }: WorkspaceForDecision,
  { verdict, workspace: after, operations }: WorkspaceDecision,
  { command, idempotencyKey, request }: WorkspaceRequest,
): Promise<boolean> {
  const accepted = verdict.kind === 'accepted' ? verdict : null
  const operationId = accepted?.operation?.id ?? null
  const key =
    accepted && idempotencyKey ? { operation: command.type, key: idempotencyKey, operationId, request } : null
  return applyWorkspace(connection, { before, after, operations, told: toldBy(command, accepted), key })
}

/** What a worker told at the end of an operation, where that was accepted. */
function toldBy(
  command: WorkspaceCommand,
  accepted: unknown,
): { operationId: string; result: GivenResult } | null {
  if (!accepted || command.type !== 'finishWorkspaceOperation' || command.error) return null
  return { operationId: command.operationId, result: command.result }
}

function toResult(
  { now }: WorkspaceForDecision,
  { verdict, workspace }: WorkspaceDecision,
): Result<WorkspaceSuccess> {
  const after = { workspace, now }
  if (verdict.kind === 'refused') return toRefused(verdict.refusal, after)
  const { operation, changed } = verdict
  return { ok: true, workspace: after, operation, changed, replayed: false }
}

type Refusal = Extract<WorkspaceDecision['verdict'], { kind: 'refused' }>['refusal']

function toRefused(refusal: Refusal, workspace: { workspace: PresentWorkspace; now: number }): Refused {
  switch (refusal.type) {
    case 'InvalidInput':
      return refuse(refusal)
    case 'WorkspaceNotReady':
      return objection({ ...refusal, workspace })
    default:
      return objection(refusal)
  }
}
