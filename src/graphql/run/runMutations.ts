import { type Caller, toRequest } from '../../commands/kit/context.ts'
import { projectOf, seesRun } from '../../commands/kit/authorize.ts'
import type { Relatives } from '../../commands/run/relatives.ts'
import { deleteRun } from '../../commands/run/deleteRun.ts'
import { startRun } from '../../commands/run/startRun.ts'
import { FAIL_REASONS } from '../../lifecycle/run/enums.ts'
import { FailReason } from '../enums/runEnums.ts'
import {
  comment,
  defaulted,
  defineInput,
  fence,
  flag,
  id,
  idempotencyKey,
  ifRevision,
  int,
  json,
  MAX_INT,
  name,
  names,
  required,
  nested,
  oneOf,
  runId,
  text,
  nonEmptyText,
} from '../kit/input.ts'
import { claimSuccessFields, runSuccessFields, ClaimInput } from './leaseMutations.ts'
import { defineMutation, defineRunMutation, REPLAYED, RunSuccessRef } from '../answers/mutation.ts'
import { RunRef } from '../kit/refs.ts'

const claim = nested(ClaimInput, 'Claims the run in the same step.')

/** What each command that settles a run under its owner says, besides the run that it is about. */
export const SETTLING_STEPS = {
  completeRun: { output: json("The run's output: any JSON, stored unchanged.") },
  failRun: {
    error: required(nonEmptyText(10_000, 'What went wrong.')),
    reason: defaulted(
      oneOf(FailReason, FAIL_REASONS, 'Whether the work went wrong, was not begun, or was left undone.'),
      'REPORTED_FAILURE',
    ),
  },
}

defineMutation('startRun', {
  description:
    'Starts a run of a workflow. It waits in the queue for an owner, or is claimed in the same step.',
  input: defineInput(
    'StartRunInput',
    'What is to be done, by which workflow, and how it belongs to other runs.',
    {
      workflow: required(name('Name of the workflow.')),
      version: int(1, MAX_INT, 'Its version; if absent, the newest, or that of the run it continues.'),
      title: text(500, 'One line that people know it by; need not be unique.'),
      input: json("The run's input: any JSON, stored unchanged."),
      labels: names('Labels to find it by, at most 50.'),
      project: name("The project it belongs to; left out: the token's only project, else `default`."),
      concurrencyKey: name('Among the active runs of a project only one may have this key.'),
      parentRunId: id(
        'The parent, which must be active: the child is cancelled with it, and the parent cannot complete before the child has ended.',
      ),
      isDetached: defaulted(flag('Whether it is independent of its parent; only with `parentRunId`.'), false),
      continuesRunId: id(
        'The settled run of the same workflow that it continues; rounds are counted on from there. A run can be continued once.',
      ),
      claim,
      idempotencyKey,
    },
  ),
  run: ({ commands, caller }, input) =>
    startRun(commands, caller, {
      workflow: input.workflow,
      version: input.version ?? null,
      title: input.title ?? null,
      input: input.input ?? null,
      labels: input.labels ?? [],
      project: input.project ?? projectOf(caller),
      concurrencyKey: input.concurrencyKey ?? null,
      parentRunId: input.parentRunId ?? null,
      isDetached: input.isDetached,
      continuesRunId: input.continuesRunId ?? null,
      claim: input.claim ?? null,
      idempotencyKey: input.idempotencyKey ?? null,
      request: toRequest(input),
    }),
  success: claimSuccessFields,
  interfaces: [RunSuccessRef],
})

defineRunMutation('pauseRun', {
  description: 'Pauses a run. Its owner keeps the lease and is told to stop its agent.',
  input: defineInput('PauseRunInput', 'Which owner is told to stop until the run is resumed, and why.', {
    runId,
    ifRevision,
    comment,
    idempotencyKey,
  }),
  success: runSuccessFields,
})

defineRunMutation('resumeRun', {
  description:
    'Resumes a paused or failed run, or one whose owner is lost: it continues under its live owner, otherwise it is queued, or claimed in the same step. Of concurrent resumes exactly one succeeds.',
  input: defineInput('ResumeRunInput', 'Which run continues, and whether it is claimed in the same step.', {
    runId,
    ifRevision,
    claim,
    comment,
    idempotencyKey,
  }),
  success: claimSuccessFields,
})

defineRunMutation('completeRun', {
  description:
    'Settles a run as COMPLETED if the server holds the required evidence; an exit code is not evidence. Repeating it under the same claim changes nothing.',
  input: defineInput('CompleteRunInput', 'Which run is done, and with what output.', {
    runId,
    ...SETTLING_STEPS.completeRun,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  success: (t) => ({
    ...runSuccessFields(t),
    hasChanged: t.exposeBoolean('changed', {
      description: 'False if the same claim had already completed it.',
    }),
  }),
})

defineRunMutation('failRun', {
  description: 'Settles a run as FAILED, as reported by its owner.',
  input: defineInput('FailRunInput', 'Which run was not done, and what went wrong.', {
    runId,
    ...SETTLING_STEPS.failRun,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  success: runSuccessFields,
})

/** Maximum number of children that the answer to a cancel shows; `Run.children` has all. */
const MAX_CHILDREN_LEFT = 100

/** The children left that the caller may see. */
const seenOf = ({ left }: Relatives, caller: Caller) => left.filter(({ run }) => seesRun(caller, run))

defineRunMutation('cancelRun', {
  description:
    'Cancels a run: immediately if nobody holds it; otherwise its owner is told to stop and the run is CANCELLING until it has stopped. An accepted cancel always ends in CANCELLED.',
  input: defineInput('CancelRunInput', 'Which run is to end, and whether its children end with it.', {
    runId,
    comment,
    isCascading: defaulted(flag('Whether its children are cancelled too.'), true),
    ifRevision,
    idempotencyKey,
  }),
  success: (t) => {
    const { run, isReplayed } = runSuccessFields(t)
    const hasChanged = t.exposeBoolean('changed', {
      description: 'False if nothing changed: the run is final, or already being cancelled.',
    })
    return {
      run,
      hasChanged,
      childrenCancelled: t.int({
        description: 'How many runs below it were cancelled with it so far.',
        resolve: ({ relatives }) => relatives.cancelled,
      }),
      childrenLeft: t.field({
        type: [RunRef],
        description: `Its children that are not settled: their owners are stopping, they could not be cancelled now and will be, they are detached, or all are left alone. As far as you may see them; at most ${MAX_CHILDREN_LEFT}, in the order of their ids.`,
        complexity: { field: 1, multiplier: MAX_CHILDREN_LEFT },
        resolve: ({ relatives }, _, { caller, reads }) =>
          seenOf(relatives, caller)
            .slice(0, MAX_CHILDREN_LEFT)
            .map((child) => reads.note(child)),
      }),
      childrenLeftCount: t.int({
        description: 'How many they are, those beyond the bound of `childrenLeft` too.',
        resolve: ({ relatives }, _, { caller }) => seenOf(relatives, caller).length,
      }),
      isReplayed,
    }
  },
})

defineRunMutation('detachRun', {
  description:
    'Detaches a child from its parent: it is no longer cancelled with the parent, and the parent no longer waits for it.',
  input: defineInput('DetachRunInput', 'Which child no longer depends on its parent, and why.', {
    runId,
    comment,
    ifRevision,
    idempotencyKey,
  }),
  success: (t) => ({
    ...runSuccessFields(t),
    hasChanged: t.exposeBoolean('changed', { description: 'False if it was already detached.' }),
  }),
})

defineMutation('deleteRun', {
  description: 'Deletes a settled run that nobody holds, with everything that belongs to it.',
  input: defineInput('DeleteRunInput', 'Which settled run is removed with all that belongs to it.', {
    runId,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => deleteRun(commands, caller, input),
  success: (t) => ({
    runId: t.exposeID('runId', { description: 'The run that is gone, `run_…`; its id is never used again.' }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})
