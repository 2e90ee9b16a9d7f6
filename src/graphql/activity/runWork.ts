import { ApprovalConnection } from './approval.ts'
import { ArtifactConnection } from './artifact.ts'
import { builder } from '../kit/builder.ts'
import { FROM_EITHER_END, pageCost, toConnection } from '../kit/connection.ts'
import { assertVisible } from '../request/context.ts'
import { APPROVALS, ARTIFACTS, EXECUTIONS } from '../kit/cursors.ts'
import { ExecutionConnection } from './execution.ts'
import { cursorOf } from './executionPage.ts'
import { MessageConnection } from './message.ts'
import { connectRows, readOwnedPage } from '../kit/ownedLists.ts'
import { RunRef } from '../kit/refs.ts'
import { connectRuns, RunConnection } from '../run/runConnection.ts'
import { SessionConnection } from './session.ts'
import { statementCost } from '../request/statementCost.ts'

/** The list names in cursors of dependent rows; those of approvals are also valid for the inbox. */
const MESSAGES = 'messages'
const SESSIONS = 'sessions'
const CHILDREN = 'children'

builder.objectFields(RunRef, (t) => ({
  executions: t.field({
    type: ExecutionConnection,
    description: 'The processes launched for it, the newest first.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run }, args, { reads }) => {
      const page = await reads.executions.load(readOwnedPage(EXECUTIONS, run.id, args))
      return toConnection(page, cursorOf, (node) => node)
    },
  }),
  sessions: t.field({
    type: SessionConnection,
    description: 'Its sessions, those that are over too, the newest first.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.sessions.load(readOwnedPage(SESSIONS, runId, args))
      return connectRows(
        SESSIONS,
        page,
        ({ createdAt }) => createdAt,
        (session) => ({ runId, session }),
      )
    },
  }),
  artifacts: t.field({
    type: ArtifactConnection,
    description: 'The files its phases produced, in every round and attempt, the newest first.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.artifacts.load(readOwnedPage(ARTIFACTS, runId, args))
      return connectRows(
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
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.approvals.load(readOwnedPage(APPROVALS, runId, args))
      return connectRows(
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
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.messages.load(readOwnedPage(MESSAGES, runId, args))
      return connectRows(
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
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ run: { id: runId } }, args, { reads }) => {
      const page = await reads.children.load(readOwnedPage(CHILDREN, runId, args))
      const count = async () => (await reads.childCount.load(runId))?.count ?? 0
      return connectRuns(CHILDREN, page, reads, count)
    },
  }),
}))
