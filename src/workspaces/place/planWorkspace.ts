import { isDeepStrictEqual } from 'node:util'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { atRepository } from '../git/place.ts'
import { askGit, type GitCall } from '../git/runGit.ts'
import { checkAllowed, findDirectory, type Places } from '../record/places.ts'
import type { WorkspaceRecord } from '../record/record.ts'
import { branchRef, findBeginning, findRepository, readCommit } from './repository.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import {
  type WorkspaceRequest,
  type WorkspaceSettings,
  workspaceRequestSchema,
} from '../kit/workspaceSettings.ts'
import { inspectWorktree, pathTaken } from './worktree.ts'

/**
 * Returns the workspace request in a run's input; null where it has none.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_INPUT_INVALID`
 */
export function readRequest(input: unknown): WorkspaceRequest | null {
  const asked = typeof input === 'object' && input !== null && 'workspace' in input ? input.workspace : null
  if (asked == null) return null
  const parsed = workspaceRequestSchema.safeParse(asked)
  if (parsed.success) return parsed.data
  throw new WorkspaceError('FATAL', {
    code: 'WORKSPACE_INPUT_INVALID',
    message: `The input's workspace can not be used: ${z.prettifyError(parsed.error)}`,
    hint: 'Start a run whose input.workspace is { directory } or { repository, base? }, with absolute paths.',
  })
}

/** What a workspace is planned from. */
export interface PlanOptions {
  readonly runId: string
  readonly request: WorkspaceRequest | null
  readonly settings: WorkspaceSettings
  readonly places: Places
  readonly call: GitCall
}

/** Decides where a run without a recorded workspace will work. Creates nothing. */
export async function planWorkspace(options: PlanOptions): Promise<WorkspaceRecord> {
  const { request, settings } = options
  if (request !== null && 'directory' in request)
    return planDirectory(options, await findAllowed(request.directory, settings))
  if (request !== null) {
    const repository = await findAllowedRepository(request.repository, options)
    return planWorktree(options, repository, request.base)
  }
  if (settings.repository === undefined)
    return planDirectory(options, await findDirectory(resolve(settings.directory ?? '.')))
  const repository = await findRepository(await findDirectory(resolve(settings.repository)), options.call)
  return planWorktree(options, repository, settings.base)
}

/**
 * Checks a run's request against the existing workspace that it shares or returns to.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_MISMATCH`; as {@link planWorkspace} where the request is not allowed
 */
export async function checkRequest(
  request: WorkspaceRequest,
  record: WorkspaceRecord,
  options: Pick<PlanOptions, 'settings' | 'call'>,
): Promise<void> {
  const asked =
    'directory' in request
      ? { kind: 'DIRECTORY', place: await findAllowed(request.directory, options.settings) }
      : { kind: 'WORKTREE', place: await findAllowedRepository(request.repository, options) }
  const { kind, path, repository } = record
  if (isDeepStrictEqual(asked, { kind, place: kind === 'DIRECTORY' ? path : repository })) return
  throw new WorkspaceError('FATAL', {
    code: 'WORKSPACE_MISMATCH',
    message: `The workspace of ${record.owner} is ${path}, and not what is asked for: ${asked.place}`,
    hint: 'A run that continues another works where that one did: ask for the same, or for nothing.',
  })
}

async function findAllowed(directory: string, settings: WorkspaceSettings): Promise<string> {
  const real = await findDirectory(directory)
  await checkAllowed(real, settings)
  return real
}

/** A folder's `.git` may name a repository elsewhere: both have to be allowed. */
async function findAllowedRepository(
  directory: string,
  { settings, call }: Pick<PlanOptions, 'settings' | 'call'>,
): Promise<string> {
  const repository = await findRepository(await findAllowed(directory, settings), call)
  await checkAllowed(repository, settings)
  return repository
}

function planDirectory({ runId }: PlanOptions, path: string): WorkspaceRecord {
  const nothing = { repository: null, branch: null, base: null, baseCommit: null, gitDir: null }
  return { owner: runId, kind: 'DIRECTORY', path, ...nothing, state: 'READY' }
}

async function planWorktree(
  { runId, places, call }: PlanOptions,
  repository: string,
  wanted: string | undefined,
): Promise<WorkspaceRecord> {
  const plan = { path: join(places.root, runId), repository, branch: `pawl/${runId}`, gitDir: null }
  const beginning = await findBeginning(repository, wanted, call)
  const found = await inspectWorktree(plan, call)
  if (found === 'OTHER') throw pathTaken(plan.path)
  const baseCommit = await findFork(plan, beginning.baseCommit, call)
  const state = found === 'WORKTREE' ? 'READY' : 'MAKING'
  return { owner: runId, kind: 'WORKTREE', ...plan, base: beginning.base, baseCommit, state }
}

/**
 * Returns the fork point of the branch, where it exists although no workspace is recorded; otherwise the commit
 * that it will start from.
 */
async function findFork(
  { repository, branch }: { readonly repository: string; readonly branch: string },
  baseCommit: string,
  call: GitCall,
): Promise<string> {
  const tip = await readCommit(repository, branchRef(branch), call)
  if (tip === null) return baseCommit
  const options = { at: atRepository(repository), accept: [0, 1], ...call }
  return (await askGit(['merge-base', baseCommit, tip], options)) || baseCommit
}
