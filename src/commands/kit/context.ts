import { type Actor, SYSTEM_ACTOR } from '../../lifecycle/run/actor.ts'
import type { ArtifactProblem, Json } from '../../lifecycle/run/run.ts'
import type { WorkflowDefinition, WorkflowIssue, WorkflowPhase } from '../../lifecycle/workflow/workflow.ts'
import type { Settings } from '../../lifecycle/run/settings.ts'
import type { Role } from '../../lifecycle/run/enums.ts'
import type { Announced } from '../../store/run/appendedEvents.ts'
import type { RememberedRuns } from '../../store/run/rememberRuns.ts'
import type { Store } from '../../store/sql/openStore.ts'
import type { TakeTurn } from './turns.ts'

/** Validates files and schemas from agents, outside the server's main thread. */
export interface Validator {
  /**
   * Returns the validation problems of a file against the declaration of its phase; empty if it is valid. An invalid
   * file is not an error.
   */
  validateArtifact(
    declared: NonNullable<WorkflowPhase['artifact']>,
    content: string,
    project: string,
  ): Promise<readonly ArtifactProblem[]>
  /** Returns what is wrong with the input of a run by the schema of its workflow, each mistake with its path; empty if it is valid. */
  validateInput(schema: object, input: Json, project: string): Promise<readonly WorkflowIssue[]>
  /**
   * Returns the mistakes in the schemas of a workflow, so that a schema that does not compile is refused before a run
   * needs it.
   */
  checkSchemas(definition: WorkflowDefinition, caller: string): Promise<readonly WorkflowIssue[]>
}

/**
 * What all commands of a server share on their way to the database: the order of commands about one run, batches of loads and
 * writes of different runs, and the runs written last.
 */
export interface Writer extends RememberedRuns {
  readonly takeTurn: TakeTurn
}

/** Dependencies shared by all commands. */
export interface Commands {
  readonly store: Store
  readonly writer: Writer
  readonly settings: Settings
  /**
   * Wakes the readers of this run's log or of this workspace, and where a run may be claimable since, who waits for one; or lets servers
   * look up anew who a token belongs to. Called after the commit. Losing a notification is harmless (G8).
   */
  readonly announce: (id: string, change?: Announced) => void
  /** Validates files, and the schemas of workflows. */
  readonly validator: Validator
  /** Makes the AGENT token of a claim; the same claim always gets the same token. */
  readonly mintAgentToken: (runId: string, fence: number) => string
  /** Makes a token that reads one run until a time, in seconds since the epoch, and as long as the token that made it is valid. */
  readonly mintPageToken: (grant: {
    readonly runId: string
    readonly tokenId: string
    readonly until: number
  }) => string
  /**
   * Returns why no run may work in a directory of a machine, because the server keeps its own data there; null if
   * runs may.
   */
  readonly whyReserved: (host: string, directory: string) => string | null
  /** Whether a server of an earlier version works on the database, which can't read all that this one writes. */
  readonly hasOlderServers: () => boolean
}

/** The authenticated caller of a command. */
export interface Caller {
  /** The principal that the token belongs to. */
  readonly principalId: string
  /** The principal's name; the actor of events. */
  readonly name: string
  readonly role: Role
  /** The projects the token is limited to; empty: all. */
  readonly projects: readonly string[]
  /** The claim that an AGENT token carries; null for other tokens. */
  readonly agent: { readonly runId: string; readonly fence: number } | null
  /** The only run that a page token reads; absent for other tokens. */
  readonly pageRunId?: string | undefined
  /** The stored token that it was authenticated with; absent for tokens that are signed instead. */
  readonly tokenId?: string | undefined
}

/** Returns the only run that the caller may see: an agent's own, or a page's; null if it is not limited to one. */
export function onlyRunOf({ agent, pageRunId }: Caller): string | null {
  return agent?.runId ?? pageRunId ?? null
}

/** The server itself, as caller for due changes. */
export const SYSTEM: Caller = {
  principalId: SYSTEM_ACTOR.id,
  name: SYSTEM_ACTOR.name,
  role: SYSTEM_ACTOR.role,
  projects: [],
  agent: null,
}

/** Returns the caller as an actor of decisions and events. */
export function actorOf({ principalId, name, role }: Caller): Actor {
  return { id: principalId, name, role }
}

/**
 * Returns the fence of a driving command: only an AGENT token, which carries one, may leave it out. An agent drives
 * under its own claim only: another fence counts as none (0), otherwise a superseded agent could name its
 * successor's.
 */
export function fenceOf({ agent }: Caller, fence: number | null | undefined): number | null {
  if (!agent) return fence ?? null
  return fence == null || fence === agent.fence ? agent.fence : 0
}

/** Input fields shared by all mutations. */
export interface Keyed {
  readonly idempotencyKey?: string | null | undefined
  /** Of a command about a run: refuses it unless the run is at this revision. */
  readonly ifRevision?: number | null | undefined
}

/** Returns the input without its key, compared when the idempotency key is used again. */
export function toRequest({ idempotencyKey: _key, ...input }: Keyed): Json {
  return JSON.parse(JSON.stringify(input)) as Json
}

/** What kept the command from being applied now passes; the same request may be retried. */
export class ContendedError extends Error {
  readonly code = 'CONTENDED'
  override readonly name = 'ContendedError'
}
