import type { AnnouncedState } from '../../lifecycle/run/enums.ts'
import { column, json, moment } from '../sql/statement.ts'

/** An agent that a worker has for a role. */
export interface WorkerAgent {
  readonly role: string
  readonly adapter: string
  /** The program that is known to be installed; null if it is unknown, or not there. */
  readonly program: string | null
  readonly version: string | null
}

/** What a worker announces of itself. */
export interface Announcement {
  /** What the process calls itself: the same in all of its announcements. */
  readonly instance: string
  /** The owner of the runs that it claims. */
  readonly name: string
  readonly host: string
  readonly program: string | null
  readonly state: AnnouncedState
  /** Why it claims nothing, while it is NOT_READY. */
  readonly problem: string | null
  readonly concurrency: number
  /** Empty: any. */
  readonly workflows: readonly string[]
  readonly labels: readonly string[]
  /** Empty: all. */
  readonly projects: readonly string[]
  readonly agents: readonly WorkerAgent[]
}

/** A worker as it announced itself last. */
export interface StoredWorker extends Announcement {
  readonly id: string
  readonly principalId: string
  /** When it was first heard, and last. */
  readonly createdAt: Date
  readonly heardAt: Date
  /** When it was read. */
  readonly now: Date
}

/** Columns of a worker `w`. */
export const WORKER_COLUMNS = `w.id, w.principal_id AS "principalId", w.instance, w.name, w.host, w.program, w.state, w.problem, w.concurrency,
  w.workflows, w.labels, w.projects, w.agents, w.created_at AS "createdAt", w.heard_at AS "heardAt", clock_timestamp() AS now`

export const WORKER_ROW = {
  id: column('worker', 'id'),
  principalId: column('worker', 'principal_id'),
  instance: column('worker', 'instance'),
  name: column('worker', 'name'),
  host: column('worker', 'host'),
  program: column('worker', 'program'),
  state: column('worker', 'state'),
  problem: column('worker', 'problem'),
  concurrency: column('worker', 'concurrency'),
  workflows: column('worker', 'workflows'),
  labels: column('worker', 'labels'),
  projects: column('worker', 'projects'),
  agents: json<readonly WorkerAgent[]>(),
  createdAt: column('worker', 'created_at'),
  heardAt: column('worker', 'heard_at'),
  now: moment,
}
