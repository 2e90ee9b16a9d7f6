import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import { findDeletion } from '../../store/run/delete/findDeletion.ts'
import { findDeletionUnder } from '../../store/run/delete/findDeletionUnder.ts'
import { findWorkspaceId } from '../../store/workspace/findWorkspaceId.ts'
import { refuse, type ResultOf } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import { changeRun } from './changeRun.ts'
import { type Caller, type Commands, toRequest } from '../kit/context.ts'
import { type RunInput } from './runCommands.ts'

/** The result of a deletion. */
export type DeleteResult = ResultOf<
  'deleteRun',
  { readonly ok: true; readonly runId: string; readonly replayed: boolean }
>

/**
 * Deletes a settled run without a live claim, with all its dependent rows; a tombstone stays for feeds. If no other
 * run works in its workspace, the worker of the workspace is requested to remove the directory. Answers with
 * NotDeletable, NotFound, Forbidden or IdempotencyMismatch.
 */
export async function deleteRun(commands: Commands, caller: Caller, input: RunInput): Promise<DeleteResult> {
  const { runId, idempotencyKey } = input
  const request = toRequest(input)
  const workspaceId = await findWorkspaceId(commands.store.pool, runId)
  const answer = await changeRun(commands, caller, {
    runId,
    command: { type: 'deleteRun' },
    idempotencyKey,
    ifRevision: input.ifRevision,
    request,
  })
  if (answer.ok && workspaceId !== null) commands.announce(workspaceId)
  if (answer.ok) return { ok: true, runId, replayed: answer.replayed }
  if (!idempotencyKey) return answer
  const { type, run } = answer.problem
  if (type === 'NotFound')
    return (await findReplay(commands, caller, runId, idempotencyKey, request)) ?? answer
  if (type !== 'NotDeletable' || !run) return answer
  // the key is checked before the status, and the key of a deletion is stored on the tombstone of the run it deleted
  const before = await findDeletionUnder(commands.store.pool, run.run.project, idempotencyKey)
  return before
    ? refuse({ type: 'IdempotencyMismatch', differingPaths: differingFields(before.request, request) })
    : answer
}

/** Replays the deletion of a missing run if its tombstone carries the key. */
async function findReplay(
  { store }: Commands,
  caller: Caller,
  runId: string,
  key: string,
  request: ReturnType<typeof toRequest>,
): Promise<DeleteResult | undefined> {
  const deletion = await findDeletion(store.pool, runId, key)
  if (!deletion) return undefined
  const denied = checkProject(caller, deletion.project) ?? checkRole(caller, 'deleteRun')
  if (denied) return denied
  const paths = differingFields(deletion.request, request)
  return paths.length > 0
    ? refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
    : { ok: true, runId, replayed: true }
}
