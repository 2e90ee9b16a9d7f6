import { z } from 'zod'
import { decisionsOf } from '../../lifecycle/activity/approvals.ts'
import type { Permission } from '../../lifecycle/run/questions.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import { APPROVAL_STATUSES } from '../../lifecycle/run/enums.ts'
import { listApprovals } from '../../store/activity/listApprovals.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { connectionOf, FROM_EITHER_END, pageCost, toConnection } from '../kit/connection.ts'
import { resolveRunOf } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { APPROVALS, encodePlace, readPage } from '../kit/cursors.ts'
import { ApprovalKind, ApprovalStatus, Decision, ExpiryPolicy, PermissionKind } from '../enums/workEnums.ts'
import { findPhaseOf } from './execution.ts'
import { defineInput, listOf } from '../kit/input.ts'
import { ApprovalRef, NodeRef, PhaseRef, RunRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const PermissionRef = builder.objectRef<Permission>('Permission').implement({
  description: 'The action that a permission is asked for: what ALLOW_ALWAYS is bound to.',
  fields: (t) => ({
    kind: t.expose('kind', { type: PermissionKind, description: 'What kind of action it is.' }),
    program: t.exposeString('program', {
      nullable: true,
      description: 'The program, the tool or the host.',
    }),
    path: t.exposeString('path', { nullable: true, description: 'The file or folder.' }),
  }),
})

builder.objectType(ApprovalRef, {
  description: 'A question that only a person may answer, once, bound to exactly what was shown.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `apr_…`.', resolve: ({ approval }) => approval.id }),
    run: t.field({
      type: RunRef,
      description: 'The run that waits for it.',
      extensions: statementCost(1),
      resolve: resolveRunOf,
    }),
    phase: t.field({
      type: PhaseRef,
      nullable: true,
      description: 'The phase it is about; null: the run as a whole.',
      extensions: statementCost(2),
      resolve: async (node, _, context) => {
        const { phaseId } = node.approval
        return phaseId === null
          ? null
          : findPhaseOf(await resolveRunOf(node, null, context), phaseId, context)
      },
    }),
    attempt: t.int({
      nullable: true,
      description: 'The attempt of that phase.',
      resolve: ({ approval }) => approval.attempt,
    }),
    gate: t.string({ description: 'Name of the gate.', resolve: ({ approval }) => approval.gate }),
    kind: t.field({
      type: ApprovalKind,
      description: 'What is asked, which determines the possible answers.',
      resolve: ({ approval }) => approval.kind,
    }),
    status: t.field({
      type: ApprovalStatus,
      description: 'The current status.',
      resolve: ({ approval }) => approval.status,
    }),
    question: t.string({
      description: 'What the person is asked.',
      resolve: ({ approval }) => approval.question,
    }),
    payload: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What is shown with the question.',
      resolve: ({ approval }) => approval.payload,
    }),
    decisions: t.field({
      type: [Decision],
      description: 'The possible decisions.',
      resolve: ({ approval }) => [...decisionsOf(approval)],
    }),
    sessionId: t.id({
      nullable: true,
      description: 'The session whose agent asks in the middle of its turn, if it is reported.',
      resolve: ({ approval }) => approval.sessionId,
    }),
    permission: t.field({
      type: PermissionRef,
      nullable: true,
      description: 'What a PERMISSION is asked for; null for other kinds.',
      resolve: ({ approval }) => approval.permission,
    }),
    answerSchema: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'JSON Schema of the answer to a QUESTION: an object with fields that are texts, numbers, true or false, or choices; null for other kinds.',
      resolve: ({ approval }) => approval.answerSchema as Json,
    }),
    answer: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What was answered to a QUESTION.',
      resolve: ({ approval }) => approval.answer,
    }),
    digest: t.string({
      description:
        'SHA-256 over run, gate, question, payload, artifact, attempt and `tree` if there is one, and over session, permission and schema of a question in a turn: a decision must repeat it.',
      resolve: ({ approval }) => approval.digest,
    }),
    tree: t.string({
      nullable: true,
      description:
        'The git tree of the worktree that a REVIEW is about, untracked files included; null if its owner did not tell it. A diff with another `tree` is of something else.',
      resolve: ({ approval }) => approval.tree,
    }),
    requestedBy: t.string({
      description: 'The name of the requester.',
      resolve: ({ approval }) => approval.requestedBy,
    }),
    requestedById: t.id({
      nullable: true,
      description: 'The principal that asked; null where the log is of before there were any.',
      resolve: ({ approval }) => approval.requestedById,
    }),
    requestedAt: t.field({
      type: 'DateTime',
      description: 'When the question was put: its place in lists.',
      resolve: ({ approval }) => approval.requestedAt,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it expires; null: never.',
      resolve: ({ approval }) => approval.expiresAt,
    }),
    onExpiry: t.field({
      type: ExpiryPolicy,
      description: 'What happens when it expires.',
      resolve: ({ approval }) => approval.onExpiry,
    }),
    approvers: t.stringList({
      description: 'Names of those who may decide; empty: anyone with the role.',
      resolve: ({ approval }) => [...approval.approvers],
    }),
    isSelfApprovalAllowed: t.boolean({
      description: 'Whether the requester may decide it.',
      resolve: ({ approval }) => approval.allowSelfApproval,
    }),
    decidedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was decided, or expired.',
      resolve: ({ approval }) => approval.decidedAt,
    }),
    decidedBy: t.string({
      nullable: true,
      description: 'Name of who decided; `system` if it expired.',
      resolve: ({ approval }) => approval.decidedBy,
    }),
    decidedById: t.id({
      nullable: true,
      description: 'The principal that decided.',
      resolve: ({ approval }) => approval.decidedById,
    }),
    comment: t.string({
      nullable: true,
      description: 'The comment of the decision.',
      resolve: ({ approval }) => approval.comment,
    }),
  }),
})

export const ApprovalConnection = connectionOf('Approval', ApprovalRef)

const ApprovalFilter = defineInput(
  'ApprovalFilter',
  'Which approvals to list; what is left out does not narrow.',
  {
    statuses: listOf(
      ApprovalStatus,
      APPROVAL_STATUSES,
      'In any of these statuses; PENDING ones wait for a person.',
    ),
  },
)

const filterSchema = z.object({ filter: ApprovalFilter.schema.nullish() })

builder.queryField('approvals', (t) =>
  t.field({
    type: ApprovalConnection,
    description: 'Approvals of the runs that you may see, the newest first.',
    args: {
      filter: t.arg({ type: ApprovalFilter.ref, description: 'Which approvals; left out: all.' }),
      ...FROM_EITHER_END,
    },
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, { reads, caller }) => {
      const { filter } = checkArgs(filterSchema, args)
      const asked = readPage(APPROVALS, args)
      const which = { statuses: filter?.statuses ?? null }
      const page = await listApprovals(await reads.connection(), which, visibilityOf(caller), asked)
      return toConnection(
        page,
        ({ row }) => encodePlace(APPROVALS, { at: row.requestedAt, id: row.id }),
        ({ runId, row }) => ({ runId, approval: row }),
      )
    },
  }),
)
