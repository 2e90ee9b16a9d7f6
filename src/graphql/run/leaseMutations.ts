import type { ObjectFieldBuilder } from '@pothos/core'
import type { RunSuccess } from '../../commands/kit/answers.ts'
import { claimRun } from '../../commands/run/claimRun.ts'
import { renewLease } from '../../commands/run/renewLease.ts'
import { LEASE_SECONDS } from '../../lifecycle/run/settings.ts'
import { IN_TURN_KINDS } from '../../lifecycle/run/enums.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { DirectiveRef, toDirective } from './directive.ts'
import {
  defaulted,
  defineInput,
  flag,
  id,
  idempotencyKey,
  ifRevision,
  instant,
  int,
  leaseSeconds,
  listOf,
  name,
  names,
  required,
  requiredFence,
  runId,
  text,
} from '../kit/input.ts'
import { ApprovalKind } from '../enums/workEnums.ts'
import { claimMade } from './lease.ts'
import { defineMutation, defineRunMutation, REPLAYED, RunSuccessRef } from '../answers/mutation.ts'
import { LeaseRef, RunRef, WITHHELD_RUN } from '../kit/refs.ts'

const owner = required(name('Name of the owner, as shown to others.'))
const claimedSeconds = defaulted(leaseSeconds, LEASE_SECONDS.default)

const kinds = listOf(
  ApprovalKind,
  IN_TURN_KINDS,
  'PERMISSION and QUESTION, as far as the owner knows them: it stays at work while its agent waits for the answer. Left out: none, and nobody asks any.',
)

export const ClaimInput = defineInput('ClaimInput', 'A claim as part of another command.', {
  owner,
  leaseSeconds: claimedSeconds,
  kinds,
})

/** Fields of every success about a run. */
export const runSuccessFields = <Answer extends Pick<RunSuccess, 'run' | 'withheld' | 'replayed'>>(
  t: ObjectFieldBuilder<SchemaTypes, Answer>,
) => ({
  run: t.field({
    type: RunRef,
    nullable: true,
    description: WITHHELD_RUN,
    resolve: ({ run, withheld }) => (withheld ? null : run),
  }),
  isReplayed: t.boolean({ ...REPLAYED, resolve: ({ replayed }) => replayed }),
})

/** Fields of every success that may include a claim. */
export const claimSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, RunSuccess>) => {
  const { run, isReplayed } = runSuccessFields(t)
  return {
    run,
    lease: t.field({
      type: LeaseRef,
      nullable: true,
      description: 'Your claim, as long as it is the current one; null if none was requested.',
      resolve: (answer, _, { caller }) => {
        const claim = claimMade(answer, caller)
        return claim && { claim, now: answer.run.now }
      },
    }),
    agentToken: t.string({
      nullable: true,
      description: 'The token for the agent: bound to the claim, and valid as long as it.',
      resolve: (answer, _, { commands, caller }) => {
        const claim = claimMade(answer, caller)
        return claim && commands.mintAgentToken(answer.run.run.id, claim.fence)
      },
    }),
    isReplayed,
  }
}

defineMutation('claimRun', {
  description:
    'Claims a queued run: the one named, or the one that has waited longest among those that match. Among concurrent claims exactly one succeeds.',
  input: defineInput('ClaimRunInput', 'Which run to drive, in whose name, and for how long.', {
    runId: id('The run to claim; if absent, any that matches.'),
    workflows: names('Only runs of these workflows; if absent, of any.'),
    labels: names('Only runs that carry all of these labels.'),
    project: name('Only runs of this project; if absent, of any that you may see.'),
    owner,
    leaseSeconds: claimedSeconds,
    kinds,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => claimRun(commands, caller, input),
  success: claimSuccessFields,
  interfaces: [RunSuccessRef],
})

defineMutation('renewLease', {
  description:
    'Renews a lease. An acknowledged lease is never taken over before it expires. The lease of a run being cancelled never extends beyond the grace period for the confirmation.',
  input: defineInput('RenewLeaseInput', 'Which claim to keep, and for how much longer.', {
    runId,
    fence: requiredFence,
    leaseSeconds: int(
      LEASE_SECONDS.min,
      LEASE_SECONDS.max,
      'Duration of the lease from now, in seconds: 5 to 3600; if absent, as claimed.',
    ),
  }),
  run: async ({ commands, caller }, input) => {
    const answer = await renewLease(commands, caller, input)
    return answer.ok ? { ...answer, runId: input.runId } : answer
  },
  success: (t) => ({
    lease: t.field({
      type: LeaseRef,
      description: 'The current lease.',
      resolve: ({ claim, now }) => ({ claim, now }),
    }),
    asOf: t.field({
      type: 'DateTime',
      description: "The database's clock when the lease was read.",
      resolve: ({ now }) => now,
    }),
    cancelGraceSeconds: t.float({
      description:
        'How long the owner has to confirm once the run is cancelled, in seconds: an owner that does not follow the directives renews at least every third of it.',
      resolve: (_answer, _args, { commands }) => commands.settings.cancelGraceSeconds,
    }),
    directives: t.field({
      type: [DirectiveRef],
      description: 'What to do: the directive of the claim, then all unacknowledged messages.',
      resolve: ({ directives, runId: of }) => directives.map((directive) => toDirective(of, directive)),
    }),
  }),
})

defineRunMutation('releaseRun', {
  description: 'Releases a claim. A RUNNING run returns to the queue; a CANCELLING one becomes CANCELLED.',
  input: defineInput('ReleaseRunInput', 'Which claim to give up, and what the run waits for then.', {
    runId,
    fence: requiredFence,
    claimableAt: instant(
      'A running run returns to the queue and cannot be claimed before this time; at most 8 days ahead.',
    ),
    waitsFor: text(500, 'What the run waits for, for display.'),
    isBlocked: flag(
      'Whether the owner could not begin, as where another run is in the directory: the queue limit counts on then, from when the run was first queued. Left out: it counts from `claimableAt`.',
    ),
    isWaitingForChildren: defaulted(
      flag('Whether the run cannot be claimed until its attached children have ended.'),
      false,
    ),
    ifRevision,
    idempotencyKey,
  }),
  success: runSuccessFields,
})

defineRunMutation('confirmCancel', {
  description: "Confirms that the owner's processes have ended: the run becomes CANCELLED, confirmed.",
  input: defineInput('ConfirmCancelInput', 'Under which claim the processes of a cancelled run have ended.', {
    runId,
    fence: requiredFence,
    ifRevision,
    idempotencyKey,
  }),
  success: runSuccessFields,
})
