import type DataLoader from 'dataloader'
import { checkProject } from '../commands/kit/authorize.ts'
import { type IdKind, kindOf } from '../commands/kit/ids.ts'
import { readTokens } from '../commands/account/tokens.ts'
import type { OwnedRow } from '../store/work/findWork.ts'
import { composeText } from '../text/composeText.ts'
import { builder } from './kit/builder.ts'
import { PAGE } from './kit/connection.ts'
import { type GraphContext, refuseAgents, assertVisible } from './request/context.ts'
import { visibilityOf } from './request/visibility.ts'
import { failWith, throwRefused } from './request/errors.ts'
import { findPhaseOf } from './work/execution.ts'
import type { WorkReads } from './request/workReads.ts'
import { NodeRef, type NodeShape } from './kit/refs.ts'
import { assertWorkspaceVisible } from './workspace/assertWorkspaceVisible.ts'
import { statementCost } from './request/statementCost.ts'

builder.interfaceType(NodeRef, {
  description: 'Whatever has an id of its own.',
  fields: (t) => ({
    id: t.id({ description: 'Its id: the prefix tells the kind.', resolve: idOf }),
  }),
  resolveType: (node) => {
    if ('run' in node) return 'Run'
    if ('phase' in node) return 'Phase'
    if ('session' in node) return 'Session'
    if ('artifact' in node) return 'Artifact'
    if ('approval' in node) return 'Approval'
    if ('message' in node) return 'Message'
    if ('workspace' in node) return 'Workspace'
    if ('operation' in node) return 'WorkspaceOperation'
    if ('command' in node) return 'Execution'
    return 'definition' in node ? 'Workflow' : 'Token'
  },
})

function idOf(node: NodeShape): string {
  if ('run' in node) return node.run.id
  if ('phase' in node) return node.phase.id
  if ('session' in node) return node.session.id
  if ('artifact' in node) return node.artifact.id
  if ('approval' in node) return node.approval.id
  if ('workspace' in node) return node.workspace.id
  if ('operation' in node) return node.operation.id
  return 'message' in node ? node.message.id : node.id
}

const READERS: { readonly [K in IdKind]: (id: string, context: GraphContext) => Promise<NodeShape | null> } =
  {
    run: async (id, context) => assertVisible(await context.reads.run.load(id), context),
    phase: readPhase,
    execution: readExecution,
    session: readWork(
      ({ session }) => session,
      (runId, session) => ({ runId, session }),
    ),
    artifact: readWork(
      ({ artifact }) => artifact,
      (runId, artifact) => ({ runId, artifact }),
    ),
    approval: readWork(
      ({ approval }) => approval,
      (runId, approval) => ({ runId, approval }),
    ),
    message: readWork(
      ({ message }) => message,
      (runId, message) => ({ runId, message }),
    ),
    workflow: async (id, context) => {
      refuseAgents(context)
      const workflow = await context.reads.workflow.load(id)
      if (workflow && workflow.project !== null) throwRefused(checkProject(context.caller, workflow.project))
      return workflow
    },
    token: readToken,
    // named by what it did, and no node
    principal: () => Promise.resolve(null),
    workspace: async (id, context) => assertWorkspaceVisible(await context.reads.workspace.load(id), context),
    workspaceOperation: readOperation,
  }

/** Whatever has this id; null where nothing has. Throws INVALID_ID or FORBIDDEN. */
async function readNode(id: string, context: GraphContext): Promise<NodeShape | null> {
  const kind = kindOf(id)
  if (!kind) throw failWith('INVALID_ID', `${JSON.stringify(composeText(id, { max: 100 }))} is no id.`)
  return READERS[kind](id, context)
}

/** Reads a row below a run by its id, where the caller may see that run. */
function readWork<Row>(
  loaderOf: (reads: WorkReads) => DataLoader<string, OwnedRow<Row> | null>,
  toNode: (runId: string, row: Row) => NodeShape,
) {
  return async (id: string, context: GraphContext): Promise<NodeShape | null> => {
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

async function readOperation(id: string, context: GraphContext): Promise<NodeShape | null> {
  const operation = await context.reads.workspaceOperation.load(id)
  if (!operation) return null
  await assertWorkspaceVisible(await context.reads.workspace.load(operation.workspaceId), context)
  return { operation }
}

async function readToken(id: string, { commands, caller }: GraphContext) {
  const answer = await readTokens(commands, caller)
  throwRefused(answer)
  return answer.ok ? (answer.tokens.find((token) => token.id === id) ?? null) : null
}

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    description:
      'Whatever has this id; null where nothing has. A malformed one is an error of code INVALID_ID.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    extensions: statementCost(2),
    resolve: (_, { id }, context) => readNode(id, context),
  }),
  nodes: t.field({
    type: [NodeRef],
    nullable: { list: false, items: true },
    description: 'Whatever has these ids, in their order; null where nothing has. At most 500 at a time.',
    args: { ids: t.arg.idList({ required: true, description: 'Their ids.' }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: Math.max(1, ids.length) }),
    extensions: statementCost(2),
    resolve: (_, { ids }, context) => {
      if (ids.length > PAGE.max)
        throw failWith('BAD_USER_INPUT', `At most ${PAGE.max} ids are taken at a time.`)
      // an id that fails leaves the others standing
      return Promise.all(ids.map((id) => readNode(id, context).catch((error: Error) => error))) as Promise<
        (NodeShape | null)[]
      >
    },
  }),
}))
