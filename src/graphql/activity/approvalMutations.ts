import type { ObjectFieldBuilder } from '@pothos/core'
import { z } from 'zod'
import { decideApproval, requestApproval, withdrawApproval } from '../../commands/activity/approvals.ts'
import type { WorkSuccess } from '../../commands/activity/changeWork.ts'
import { answerSchemaSchema } from '../../lifecycle/run/questions.ts'
import type { Approval } from '../../lifecycle/run/run.ts'
import { ANSWER_SECONDS } from '../../lifecycle/run/settings.ts'
import { APPROVAL_KINDS, DECISIONS, EXPIRY_POLICIES, PERMISSION_KINDS } from '../../lifecycle/run/enums.ts'
import { checkJson } from '../kit/checkJson.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { ApprovalKind, Decision, ExpiryPolicy, PermissionKind } from '../enums/workEnums.ts'
import {
  comment,
  defaulted,
  defineInput,
  fence,
  field,
  flag,
  id,
  idempotencyKey,
  idOf,
  ifRevision,
  json,
  name,
  names,
  nested,
  required,
  oneOf,
  runId,
  seconds,
  nonEmptyText,
} from '../kit/input.ts'
import { runSuccessFields } from '../run/leaseMutations.ts'
import { defineMutation, RunSuccessRef } from '../answers/mutation.ts'
import { ApprovalRef } from '../kit/refs.ts'
import { tree } from './tree.ts'

const approvalSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, WorkSuccess<Approval>>) => {
  const { run, isReplayed } = runSuccessFields(t)
  return {
    approval: t.field({
      type: ApprovalRef,
      description: 'The current approval.',
      resolve: ({ run: loaded, row: approval }) => ({ runId: loaded.run.id, approval }),
    }),
    run,
    isReplayed,
  }
}

const PermissionInput = defineInput('PermissionInput', 'An action that a permission is asked for.', {
  kind: required(oneOf(PermissionKind, PERMISSION_KINDS, 'What kind of action it is.')),
  program: nonEmptyText(2_000, 'The program, the tool or the host.'),
  path: nonEmptyText(4_096, 'The file or folder.'),
})

defineMutation('requestApproval', {
  description:
    'Puts a question to a person; the run waits: AWAITING_APPROVAL for a REVIEW, PAUSED for a RECOVERY. A PERMISSION and a QUESTION are asked in the middle of a turn, one at a time: AWAITING_APPROVAL, while the owner stays at work. What was allowed always in its session is answered at once.',
  input: defineInput('RequestApprovalInput', 'A question for a person.', {
    runId,
    phase: name('Key of the phase it is about, the current one; left out: the run as a whole.'),
    gate: required(name('Name of the gate.')),
    kind: defaulted(
      oneOf(ApprovalKind, APPROVAL_KINDS, 'What is asked, which determines the possible answers.'),
      'REVIEW',
    ),
    question: required(nonEmptyText(10_000, 'What the person is asked.')),
    payload: json('What is shown with the question.'),
    fence,
    expiresInSeconds: seconds(
      `How long the question stays open, in seconds; default: without a limit, and ${ANSWER_SECONDS} for a PERMISSION or a QUESTION.`,
    ),
    onExpiry: defaulted(
      oneOf(
        ExpiryPolicy,
        EXPIRY_POLICIES,
        'What happens if nobody decides in time. For a PERMISSION or a QUESTION, WAIT means CONTINUE.',
      ),
      'WAIT',
    ),
    approvers: names(
      'Names of those who may decide, at most 100; if absent or empty, anyone with the role.',
      {
        maxItems: 100,
      },
    ),
    isSelfApprovalAllowed: defaulted(flag('Whether the requester may decide it.'), true),
    sessionId: id(
      'The session whose agent asks a PERMISSION or a QUESTION; a PERMISSION without one is never allowed always.',
    ),
    permission: nested(PermissionInput, 'What a PERMISSION is asked for, by what the program will do.'),
    answerSchema: field(
      'JSON',
      z.unknown().superRefine(checkJson).pipe(answerSchemaSchema),
      'JSON Schema of the answer to a QUESTION: `type: object` and flat `properties`, each a string, a number, an integer or a boolean, or a string with `enum`; left out: one field `answer` with any text.',
    ),
    tree,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => requestApproval(commands, caller, input),
  success: approvalSuccessFields,
  interfaces: [RunSuccessRef],
})

defineMutation('decideApproval', {
  description: 'Decides an approval: once, bound to what was shown, and permanently.',
  input: defineInput('DecideApprovalInput', 'What a person answers, and to exactly which question.', {
    approvalId: required(idOf('approval', 'The question that is answered')),
    decision: required(
      oneOf(Decision, DECISIONS, 'The answer; the approval lists what it knows in `decisions`.'),
    ),
    digest: required(name('The digest of the approval that the person was shown.')),
    comment,
    answer: json('The answer of an ANSWER: an object with the fields that the schema asks for.'),
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => decideApproval(commands, caller, input),
  success: approvalSuccessFields,
  interfaces: [RunSuccessRef],
})

defineMutation('withdrawApproval', {
  description:
    'Withdraws a PERMISSION or a QUESTION that the agent no longer asks: it is VOID, and the run is RUNNING. Again: nothing changes.',
  input: defineInput('WithdrawApprovalInput', 'The end of a question.', {
    approvalId: required(idOf('approval', 'The question that is no longer asked')),
    fence,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => withdrawApproval(commands, caller, input),
  success: approvalSuccessFields,
  interfaces: [RunSuccessRef],
})
