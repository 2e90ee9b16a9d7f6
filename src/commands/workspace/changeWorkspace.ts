import type { Operation } from '../../lifecycle/run/authority.ts'
import {
  decideWorkspace,
  type WorkspaceCommand,
  type WorkspaceDecision,
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
import { violatedConstraint } from '../../store/sql/openStore.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { withWorkspaceLocked } from '../../store/sql/withRowLocked.ts'
import { findWorkspaceOperations } from '../../store/workspace/findWorkspaceOperations.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import { objection, type Refused, refuse } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import { type Caller, type Commands, ContendedError } from '../kit/context.ts'

/** A command about one workspace, as its caller sent it. */
export interface WorkspaceRequest {
  /** What is asked for; null for what the server does by itself. */
  readonly operation: Operation | null
  readonly workspaceId: string
  readonly command: WorkspaceCommand
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

/** What a command about one workspace answers. */
export type WorkspaceAnswer = WorkspaceSuccess | Refused

/** How often a decision is tried against the revision it was made on, before the row is locked for it. */
const OPTIMISTIC_TRIES = 2

/**
 * load → decide → apply, as for a run: the decision is pure, and written by one statement that is guarded by the revision it
 * was made on. Who was first is seen by deciding anew; the third try holds the row.
 * Answers with WorkspaceNotFound, Forbidden, or whatever the decision refuses with. Throws ContendedError.
 */
export async function changeWorkspace(
  commands: Commands,
  caller: Caller,
  ask: WorkspaceRequest,
): Promise<WorkspaceAnswer> {
  const { store } = commands
  const tries = [
    ...Array.from({ length: OPTIMISTIC_TRIES }, () => () => attempt(store.pool, caller, ask)),
    () => withWorkspaceLocked(store, ask.workspaceId, (connection) => attempt(connection, caller, ask)),
  ]
  for (const tryIt of tries) {
    try {
      const attempted = await tryIt()
      if (attempted?.wrote) commands.announce(ask.workspaceId)
      if (attempted) return attempted.answer
    } catch (error) {
      // the same key came twice at once: the one who was first is seen by the next load
      if (violatedConstraint(error) !== 'workspace_key_pkey') throw error
    }
  }
  throw new ContendedError(ask.workspaceId)
}

interface Attempted {
  readonly answer: WorkspaceAnswer
  readonly wrote: boolean
}

const answered = (answer: WorkspaceAnswer): Attempted => ({ answer, wrote: false })

/** One round; undefined where somebody was first. */
async function attempt(
  connection: Connection,
  caller: Caller,
  ask: WorkspaceRequest,
): Promise<Attempted | undefined> {
  const { workspaceId, command, operation, idempotencyKey } = ask
  const operationId = 'operationId' in command ? command.operationId : null
  const lookup = { workspaceId, operationId, operation: operation ?? '', key: idempotencyKey ?? null }
  const loaded = await loadWorkspace(connection, lookup)
  if (!loaded) return answered(objection({ type: 'WorkspaceNotFound', workspaceId }))
  const denied =
    checkProject(caller, loaded.workspace.project) ??
    (operation ? checkRole(caller, operation) : undefined) ??
    checkReporter(caller, loaded, command)
  if (denied) return answered(denied)
  if (loaded.kept) return answered(await replay(connection, loaded, loaded.kept, ask))
  const decision = decideWorkspace(loaded, command)
  const wrote = decision.workspace !== loaded.workspace
  if (wrote && !(await apply(connection, loaded, decision, ask))) return undefined
  return { answer: toAnswer(loaded, decision), wrote }
}

/** A refusal where the caller tells what came of something that another principal started; undefined where it may. */
function checkReporter(
  caller: Caller,
  { named, previewStartedById }: WorkspaceForDecision,
  command: WorkspaceCommand,
): Refused | undefined {
  const { type } = command
  if (type !== 'finish' && type !== 'reportPreview') return undefined
  // of an earlier start nobody's word counts, which the decision says
  const starter = type === 'finish' && named?.attempt === command.attempt ? named.startedById : null
  if (mayReport(type === 'finish' ? starter : previewStartedById, caller)) return undefined
  const started =
    type === 'finish'
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
): Promise<WorkspaceAnswer> {
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
  { command, operation, idempotencyKey, request }: WorkspaceRequest,
): Promise<boolean> {
  const accepted = verdict.kind === 'accepted' ? verdict : null
  const operationId = accepted?.operation?.id ?? null
  const key =
    accepted && operation && idempotencyKey ? { operation, key: idempotencyKey, operationId, request } : null
  return applyWorkspace(connection, { before, after, operations, told: toldBy(command, accepted), key })
}

/** What a worker told at the end of an operation, where that was accepted. */
function toldBy(
  command: WorkspaceCommand,
  accepted: unknown,
): { operationId: string; result: GivenResult } | null {
  if (!accepted || command.type !== 'finish' || command.error) return null
  return { operationId: command.operationId, result: command.result }
}

function toAnswer({ now }: WorkspaceForDecision, { verdict, workspace }: WorkspaceDecision): WorkspaceAnswer {
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
