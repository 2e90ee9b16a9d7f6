import { PRESENCE } from '../../lifecycle/run/presence.ts'
import { announceWorker as recordWorker } from '../../store/account/announceWorker.ts'
import { findWorker } from '../../store/account/listWorkers.ts'
import type { Announcement, StoredWorker } from '../../store/account/workers.ts'
import { objection, type RefusedWith, type ResultOf } from '../kit/answers.ts'
import { checkProject, checkRole } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'

/** The input of `announceWorker`. */
export interface AnnounceWorker extends Omit<Announcement, 'projects'> {
  /** The only project that it claims runs of; null: every one that its token reaches. */
  readonly project: string | null
}

/** A worker that was heard. */
export interface WorkerAnnounced {
  readonly ok: true
  readonly worker: StoredWorker
  /** When to announce it again, in seconds. */
  readonly repeatInSeconds: number
}

/** Records that a worker is there, and what it can do. Answers with Forbidden. */
export async function announceWorker(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  { project, ...said }: AnnounceWorker,
): Promise<ResultOf<'announceWorker', WorkerAnnounced>> {
  const denied =
    checkRole(caller, 'announceWorker') ?? (project === null ? undefined : checkProject(caller, project))
  if (denied) return denied
  const projects = project === null ? caller.projects : [project]
  const worker = await recordWorker(store.pool, newId('worker'), caller.principalId, { ...said, projects })
  return { ok: true, worker, repeatInSeconds: PRESENCE.repeatSeconds }
}

/** Reads a worker, if it may claim runs that the caller may see; null if it is unknown. Answers with Forbidden. */
export async function readWorker(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  id: string,
): Promise<{ readonly ok: true; readonly worker: StoredWorker | null } | RefusedWith<'Forbidden'>> {
  const worker = await findWorker(store.pool, id)
  if (!worker || reaches(caller, worker)) return { ok: true, worker }
  const detail = `This token is limited to the projects ${caller.projects.join(', ')}.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

function reaches({ projects }: Caller, worker: StoredWorker): boolean {
  if (projects.length === 0 || worker.projects.length === 0) return true
  return worker.projects.some((project) => projects.includes(project))
}
