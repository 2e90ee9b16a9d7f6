import type { Page } from '../../store/sql/page.ts'
import type { RunPageRequest } from '../../store/sql/runPages.ts'
import { ApprovalConnection } from './approval.ts'
import { ArtifactConnection } from './artifact.ts'
import { builder } from '../kit/builder.ts'
import { type PageArgs, FROM_START, pageCost, readPageSize, toConnection } from '../kit/connection.ts'
import { assertVisible } from '../request/context.ts'
import { APPROVALS, decodePlace, encodePlace, EXECUTIONS } from '../kit/cursors.ts'
import { ExecutionConnection } from './execution.ts'
import { cursorOf } from './executionPage.ts'
import { MessageConnection } from './message.ts'
import { RunRef, SessionRef } from '../kit/refs.ts'
import { RunConnection } from '../run/runConnection.ts'
import { statementCost } from '../request/statementCost.ts'

/** The list names in cursors of dependent rows; those of approvals are also valid for the inbox. */
const ARTIFACTS = 'artifacts'
const MESSAGES = 'messages'
const CHILDREN = 'children'

/**
 * Returns the requested page of a run's list.
 *
 * @throws BAD_USER_INPUT
 */
function toAsked(list: string, runId: string, args: PageArgs): RunPageRequest {
  return { runId, after: decodePlace(list, args.after), limit: readPageSize(args).limit }
}

/** Converts a page of rows to a connection of nodes. */
function connect<Row extends { readonly id: string }, Node>(
  list: string,
  page: Page<Row>,
  timeOf: (row: Row) => number,
  nodeOf: (row: Row) => Node,
) {
  return toConnection(page, (row) => encodePlace(list, { at: timeOf(row), id: row.id }), nodeOf)
}

builder.objectFields(RunRef, (t) => ({
  executions: t.field({
    type: ExecutionConnection,
    description: 'The processes launched for it, the newest first.',
    args: FROM_START,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run }, args, { reads }) => {
      const { limit } = readPageSize(args)
      const after = decodePlace(EXECUTIONS, args.after)
      const page = await reads.executions.load({ runId: run.id, after, limit })
      return toConnection(page, cursorOf, (node) => node)
    },
  }),
  sessions: t.field({
    type: [SessionRef],
    description:
      'Its sessions in the order in which they were opened, those that are over too; the last 500.',
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, _, { reads }) =>
      (await reads.sessions.load(runId)).map((session) => ({ runId, session })),
  }),
  artifacts: t.field({
    type: ArtifactConnection,
    description: 'The files its phases produced, in every round and attempt, the newest first.',
    args: FROM_START,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.artifacts.load(toAsked(ARTIFACTS, runId, args))
      return connect(
        ARTIFACTS,
        page,
        ({ createdAt }) => createdAt,
        (artifact) => ({ runId, artifact }),
      )
    },
  }),
  approvals: t.field({
    type: ApprovalConnection,
    description: 'Its approvals, newest first.',
    args: FROM_START,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.approvals.load(toAsked(APPROVALS, runId, args))
      return connect(
        APPROVALS,
        page,
        ({ requestedAt }) => requestedAt,
        (approval) => ({ runId, approval }),
      )
    },
  }),
  messages: t.field({
    type: MessageConnection,
    description: 'The messages sent to it, the newest first.',
    args: FROM_START,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.messages.load(toAsked(MESSAGES, runId, args))
      return connect(
        MESSAGES,
        page,
        ({ sentAt }) => sentAt,
        (message) => ({ runId, message }),
      )
    },
  }),
  parent: t.field({
    type: RunRef,
    nullable: true,
    description: 'Its parent; null also if that was deleted.',
    extensions: statementCost(1),
    resolve: async ({ run }, _, context) =>
      run.parentId === null ? null : assertVisible(await context.reads.run.load(run.parentId), context),
  }),
  parentId: t.id({
    nullable: true,
    description:
      'The id of its parent, whether or not that is still there and yours to see; null: it has none.',
    resolve: ({ run }) => run.parentId,
  }),
  isDetached: t.boolean({
    description:
      'Whether it is independent of its parent; otherwise it is cancelled with the parent, and the parent waits for it.',
    resolve: ({ run }) => run.detached,
  }),
  children: t.field({
    type: RunConnection,
    description: 'The runs that were started below it, as far as you may see them, the newest first.',
    args: FROM_START,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.children.load(toAsked(CHILDREN, runId, args))
      const connection = toConnection(
        page,
        ({ run }) => encodePlace(CHILDREN, { at: run.createdAt, id: run.id }),
        (loaded) => reads.note(loaded),
      )
      const count = async () => (await reads.childCount.load(runId))?.count ?? 0
      return { ...connection, feedCursor: page.feedCursor, count }
    },
  }),
}))
