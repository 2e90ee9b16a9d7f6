import type { ObjectFieldBuilder } from '@pothos/core'
import { decideApproval, requestApproval } from '../../commands/work/approvals.ts'
import type { WorkSuccess } from '../../commands/work/changeWork.ts'
import type { Approval } from '../../lifecycle/run/run.ts'
import { APPROVAL_KINDS, DECISIONS, EXPIRY_POLICIES } from '../../lifecycle/run/words.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { ApprovalKind, Decision, ExpiryPolicy } from '../enums/workEnums.ts'
import {
  comment,
  defaulted,
  defineInput,
  fence,
  flag,
  id,
  idempotencyKey,
  json,
  name,
  names,
  required,
  oneOf,
  runId,
  seconds,
  nonEmptyText,
} from '../kit/input.ts'
import { runSuccessFields } from '../run/leaseMutations.ts'
import { defineMutation } from '../answers/mutation.ts'
import { ApprovalRef } from '../kit/refs.ts'

const approvalSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, WorkSuccess<Approval>>) => {
  const { run, replayed } = runSuccessFields(t)
  return {
    approval: t.field({
      type: ApprovalRef,
      description: 'The approval as it is now.',
      resolve: ({ run: loaded, row: approval }) => ({ runId: loaded.run.id, approval }),
    }),
    run,
    replayed,
  }
}

defineMutation('requestApproval', {
  description:
    'Puts a question to a person; the run waits: AWAITING_APPROVAL for a REVIEW, PAUSED for a RECOVERY.',
  input: defineInput('RequestApprovalInput', 'A question for a person.', {
    runId,
    phase: name('Key of the phase it is about, the current one; left out: the run as a whole.'),
    gate: required(name('Name of the gate.')),
    kind: defaulted(
      oneOf(ApprovalKind, APPROVAL_KINDS, 'What is asked, and so what may be answered.'),
      'REVIEW',
    ),
    question: required(nonEmptyText(10_000, 'What the person is asked.')),
    payload: json('What is shown with the question.'),
    fence,
    expiresInSeconds: seconds('How long the question stands, in seconds; left out: for ever.'),
    onExpiry: defaulted(
      oneOf(ExpiryPolicy, EXPIRY_POLICIES, 'What happens where nobody decides in time.'),
      'WAIT',
    ),
    approvers: names('Names of those who may decide, at most 100; left out or empty: whoever has the role.', {
      maxItems: 100,
    }),
    allowSelfApproval: defaulted(flag('Whether who asks may decide.'), true),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => requestApproval(commands, caller, input),
  success: approvalSuccessFields,
})

defineMutation('decideApproval', {
  description: 'Answers an approval: once, about what was shown, and for good.',
  input: defineInput('DecideApprovalInput', 'A decision.', {
    approvalId: required(id('approval', 'The approval.')),
    decision: required(oneOf(Decision, DECISIONS, 'The answer; the kind of the approval knows two of them.')),
    digest: required(name('The digest of the approval that the person was shown.')),
    comment,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => decideApproval(commands, caller, input),
  success: approvalSuccessFields,
})
