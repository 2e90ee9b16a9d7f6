import { type Actor, SYSTEM_ACTOR } from '../../lifecycle/run/actor.ts'
import type { ArtifactProblem } from '../../lifecycle/run/run.ts'
import type { WorkflowDefinition, WorkflowIssue, WorkflowPhase } from '../../lifecycle/workflow/workflow.ts'
import type { Settings } from '../../lifecycle/run/settings.ts'
import type { Role } from '../../lifecycle/run/words.ts'
import type { Store } from '../../store/sql/openStore.ts'

/** Validates what agents bring, away from the server's own thread. */
export interface Validator {
  /** What is wrong with a file, by what its phase declares: nothing where it is valid. A bad file is no fault. */
  validateArtifact(
    declared: NonNullable<WorkflowPhase['artifact']>,
    content: string,
    project: string,
  ): Promise<readonly ArtifactProblem[]>
  /** What is wrong with the schemas of a workflow: one that can't be compiled is refused before a run needs it. */
  checkSchemas(definition: WorkflowDefinition, caller: string): Promise<readonly WorkflowIssue[]>
}

/** What every command works with. */
export interface Commands {
  readonly store: Store
  readonly settings: Settings
  /** Wakes whoever reads the log of this run, or about this workspace; called after the commit. Losing it is harmless (G8). */
  readonly announce: (id: string) => void
  /** Says what is wrong with files, and with the schemas of workflows. */
  readonly validator: Validator
  /** Makes the AGENT token of a claim: the same one for the same claim. */
  readonly mintAgentToken: (runId: string, fence: number) => string
  /** Why no run may work in a directory of a machine: the server keeps its own data there. Null where one may. */
  readonly whyReserved: (host: string, directory: string) => string | null
}

/** Who asks. */
export interface Caller {
  /** The principal that the token belongs to. */
  readonly principalId: string
  /** The principal's name; the actor of events. */
  readonly name: string
  readonly role: Role
  /** The projects the token is limited to; empty: all. */
  readonly projects: readonly string[]
  /** The claim an AGENT token carries. */
  readonly agent: { readonly runId: string; readonly fence: number } | null
}

/** The server itself, for what is due. */
export const SYSTEM: Caller = {
  principalId: SYSTEM_ACTOR.id,
  name: SYSTEM_ACTOR.name,
  role: SYSTEM_ACTOR.role,
  projects: [],
  agent: null,
}

/** The caller as a decision, and the log, knows it. */
export function actorOf({ principalId, name, role }: Caller): Actor {
  return { id: principalId, name, role }
}

/**
 * The fence a driving command comes with: only an AGENT token, which carries one, may leave it out. An agent drives under
 * no claim but its own: another fence counts as none (0), or a superseded agent could name its successor's.
 */
export function fenceOf({ agent }: Caller, fence: number | null | undefined): number | null {
  if (!agent) return fence ?? null
  return fence == null || fence === agent.fence ? agent.fence : 0
}

/** The input of a mutation, as far as every one is alike. */
export interface Keyed {
  readonly idempotencyKey?: string | null | undefined
}

/** The database could not be brought to answer in time; the same request may be sent again. */
export class ContendedError extends Error {
  readonly code = 'CONTENDED'
  override readonly name = 'ContendedError'

  constructor(runId: string) {
    super(`too many writers at once on ${runId}: nothing was changed, ask again`)
  }
}
