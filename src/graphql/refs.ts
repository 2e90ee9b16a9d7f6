import type { Claim, Execution, Instant, Phase } from '../lifecycle/run.ts'
import type { RunEvent } from '../lifecycle/events.ts'
import type { WorkflowDefinition } from '../lifecycle/workflow.ts'
import type { LoadedRun } from '../store/loadRun.ts'
import type { StoredToken } from '../store/tokens.ts'
import type { StoredWorkflow } from '../store/workflowCache.ts'
import { builder } from './builder.ts'

/** What the types of the schema are in resolvers; the fields of each stand in the file of its concept. */

/** A phase, and the workflow that says what it is for. */
export interface PhaseNode {
  readonly phase: Phase
  readonly workflow: WorkflowDefinition
}

/** A claim, and the moment it is looked at. */
export interface Lease {
  readonly claim: Claim
  readonly now: Instant
}

/** An event, and the run whose log it is of. */
export type OwnedEvent = RunEvent & { readonly runId: string }

/** Whatever has an id of its own. */
export type NodeShape = LoadedRun | PhaseNode | Execution | StoredWorkflow | StoredToken

export const NodeRef = builder.interfaceRef<NodeShape>('Node')
export const RunRef = builder.objectRef<LoadedRun>('Run')
export const PhaseRef = builder.objectRef<PhaseNode>('Phase')
export const ExecutionRef = builder.objectRef<Execution>('Execution')
export const WorkflowRef = builder.objectRef<StoredWorkflow>('Workflow')
export const LeaseRef = builder.objectRef<Lease>('Lease')
export const RunEventRef = builder.objectRef<OwnedEvent>('RunEvent')
export const TokenRef = builder.objectRef<StoredToken>('Token')
