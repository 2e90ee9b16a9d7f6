import type DataLoader from 'dataloader'
import { checkProject } from '../commands/kit/authorize.ts'
import { type IdKind, kindOf } from '../commands/kit/ids.ts'
import { readToken as readTokenById } from '../commands/account/tokens.ts'
import { readWorker as readWorkerById } from '../commands/account/workers.ts'
import type { OwnedRow } from '../store/activity/findWork.ts'
import { builder } from './kit/builder.ts'
import { PAGE } from './kit/connection.ts'
import { type GraphContext, refuseLimitedToRun, assertVisible } from './request/context.ts'
import { visibilityOf } from './request/visibility.ts'
import { failWith, throwRefused } from './request/errors.ts'
import { findPhaseOf } from './activity/execution.ts'
import type { WorkReads } from './request/workReads.ts'
import type { Execution } from '../lifecycle/run/run.ts'
import type { StoredToken } from '../store/account/tokens.ts'
import type { StoredWorker } from '../store/account/workers.ts'
import type { LoadedRun } from '../store/run/loadRun.ts'
import type { StoredWorkflow } from '../store/sql/workflowCache.ts'
import type { LoadedWorkspace } from '../store/workspace/loadedWorkspace.ts'
import {
  type ApprovalNode,
  type ArtifactNode,
  type MessageNode,
  NodeRef,
  type NodeShape,
  type OperationNode,
  type PhaseNode,
  type SessionNode,
} from './kit/refs.ts'
import { assertWorkspaceVisible } from './workspace/assertWorkspaceVisible.ts'
import { statementCost } from './request/statementCost.ts'

/** A kind of node: its type, and how to read one. */
interface NodeKind {
  readonly type: string
  readonly idOf: (node: NodeShape) => string
  readonly read: (id: string, context: GraphContext) => Promise<NodeShape | null>
}

function defineNode<Node extends NodeShape>(
  type: string,
  idOf: (node: Node) => string,
  read: (id: string, context: GraphContext) => Promise<Node | null>,
): NodeKind {
  // only nodes of this type are passed in, see `idOf` of the interface
  return { type, idOf: (node) => idOf(node as Node), read }
}

/** The kinds of nodes by the kind of their ids. A principal is not a node; it appears only as the actor of events. */
const NODES: Readonly<Record<Exclude<IdKind, 'principal'>, NodeKind>> = {
  run: defineNode<LoadedRun>(
    'Run',
    ({ run }) => run.id,
    async (id, context) => assertVisible(await context.reads.run.load(id), context),
  ),
  phase: defineNode<PhaseNode>('Phase', ({ phase }) => phase.id, readPhase),
  execution: defineNode<Execution>('Execution', ({ id }) => id, readExecution),
  session: defineNode<SessionNode>(
    'Session',
    ({ session }) => session.id,
    readWork(
      ({ session }) => session,
      (runId, session) => ({ runId, session }),
    ),
  ),
  artifact: defineNode<ArtifactNode>(
    'Artifact',
    ({ artifact }) => artifact.id,
    readWork(
      ({ artifact }) => artifact,
      (runId, artifact) => ({ runId, artifact }),
    ),
  ),
  approval: defineNode<ApprovalNode>(
    'Approval',
    ({ approval }) => approval.id,
    readWork(
      ({ approval }) => approval,
      (runId, approval) => ({ runId, approval }),
    ),
  ),
  message: defineNode<MessageNode>(
    'Message',
    ({ message }) => message.id,
    readWork(
      ({ message }) => message,
      (runId, message) => ({ runId, message }),
    ),
  ),
  workflow: defineNode<StoredWorkflow>('Workflow', ({ id }) => id, readWorkflow),
  token: defineNode<StoredToken>('Token', ({ id }) => id, readToken),
  workspace: defineNode<LoadedWorkspace>(
    'Workspace',
    ({ workspace }) => workspace.id,
    async (id, context) => assertWorkspaceVisible(await context.reads.workspace.load(id), context),
  ),
  workspaceOperation: defineNode<OperationNode>(
    'WorkspaceOperation',
    ({ operation }) => operation.id,
    readOperation,
  ),
  worker: defineNode<StoredWorker>('Worker', ({ id }) => id, readWorker),
}

const KIND_OF_TYPE = new Map(Object.values(NODES).map((kind) => [kind.type, kind]))

function idOf(node: NodeShape, type: string): string {
  const kind = KIND_OF_TYPE.get(type)
  if (!kind) throw new Error(`${type} is a Node without an entry in NODES`)
  return kind.idOf(node)
}

/** The type of each node that was read by id, determined by the id's prefix. */
const typeOfNode = new WeakMap<NodeShape, string>()

builder.interfaceType(NodeRef, {
  description: 'An object with an id.',
  fields: (t) => ({
    id: t.id({
      description: 'Its id; the prefix identifies the type.',
      resolve: (node, _, __, { parentType }) => idOf(node, parentType.name),
    }),
  }),
  resolveType: (node) => typeOfNode.get(node),
})

/**
 * Reads the node with this id; null if it does not exist.
 *
 * @throws FORBIDDEN
 */
async function readNode(id: string, context: GraphContext): Promise<NodeShape | null> {
  const kind = kindOf(id)
  if (kind === undefined || kind === 'principal') return null
  const { type, read } = NODES[kind]
  const node = await read(id, context)
  if (node) typeOfNode.set(node, type)
  return node
}

async function readWorkflow(id: string, context: GraphContext): Promise<StoredWorkflow | null> {
  refuseLimitedToRun(context)
  const workflow = await context.reads.workflow.load(id)
  if (workflow && workflow.project !== null) throwRefused(checkProject(context.caller, workflow.project))
  return workflow
}

/** Reads a dependent row of a run by its id, if the caller may see that run. */
function readWork<Row, Node extends NodeShape>(
  loaderOf: (reads: WorkReads) => DataLoader<string, OwnedRow<Row> | null>,
  toNode: (runId: string, row: Row) => Node,
) {
  return async (id: string, context: GraphContext): Promise<Node | null> => {
    const found = await loaderOf(context.reads).load(id)
    const loaded = found && assertVisible(await context.reads.run.load(found.runId), context)
    return found && loaded && toNode(found.runId, found.row)
  }
}

async function readPhase(id: string, context: GraphContext) {
  const owned = await context.reads.phase.load(id)
  const loaded = owned && assertVisible(await context.reads.run.load(owned.runId), context)
  return loaded && findPhaseOf(loaded, id, context)
}

async function readExecution(id: string, context: GraphContext) {
  const execution = await context.reads.execution.load(id)
  if (!execution) return null
  const { startedById } = visibilityOf(context.caller)
  if (execution.runId !== null) assertVisible(await context.reads.run.load(execution.runId), context)
  else if (startedById !== null && startedById !== execution.startedById)
    throw failWith('FORBIDDEN', `This execution belongs to ${execution.startedBy}.`)
  return execution
}

async function readOperation(id: string, context: GraphContext): Promise<OperationNode | null> {
  const operation = await context.reads.workspaceOperation.load(id)
  if (!operation) return null
  await assertWorkspaceVisible(await context.reads.workspace.load(operation.workspaceId), context)
  return { operation }
}

async function readToken(id: string, { commands, caller }: GraphContext) {
  const answer = await readTokenById(commands, caller, id)
  throwRefused(answer)
  return answer.token
}

async function readWorker(id: string, context: GraphContext) {
  refuseLimitedToRun(context)
  const answer = await readWorkerById(context.commands, context.caller, id)
  throwRefused(answer)
  return answer.worker
}

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    description: 'The object with this id; null if none exists.',
    args: {
      id: t.arg.id({ required: true, description: 'Of any kind; the prefix says which, as `run_…`.' }),
    },
    extensions: statementCost(2),
    resolve: (_, { id }, context) => readNode(id, context),
  }),
  nodes: t.field({
    type: [NodeRef],
    nullable: { list: false, items: true },
    description:
      'The objects with these ids, in their order; null for each that does not exist. At most 500 ids.',
    args: { ids: t.arg.idList({ required: true, description: 'Of any kinds, mixed: at most 500.' }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: Math.max(1, ids.length) }),
    extensions: statementCost(2),
    resolve: (_, { ids }, context) => {
      if (ids.length > PAGE.max)
        throw failWith('BAD_USER_INPUT', `At most ${PAGE.max} ids are taken at a time.`)
      // an id that fails does not affect the others
      return Promise.all(ids.map((id) => readNode(id, context).catch((error: Error) => error))) as Promise<
        (NodeShape | null)[]
      >
    },
  }),
}))
