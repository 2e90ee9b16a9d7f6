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
import { defineMutation, defineRunMutation, REPLAYED } from '../answers/mutation.ts'
import { LeaseRef, RunRef, WITHHELD_RUN } from '../kit/refs.ts'

const owner = required(name('Who will hold the run, as others will see it.'))
const claimedSeconds = defaulted(leaseSeconds, LEASE_SECONDS.default)

const kinds = listOf(
  ApprovalKind,
  IN_TURN_KINDS,
  'PERMISSION and QUESTION, as far as the owner knows them: it stays at work while its agent waits for the answer. Left out: none, and nobody asks any.',
)

export const ClaimInput = defineInput('ClaimInput', 'A claim made in the same step.', {
  owner,
  leaseSeconds: claimedSeconds,
  kinds,
})

/** Fields of every success about a run. */
export const runSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, RunSuccess>) => ({
  run: t.field({
    type: RunRef,
    nullable: true,
    description: WITHHELD_RUN,
    resolve: ({ run, withheld }) => (withheld ? null : run),
  }),
  replayed: t.exposeBoolean('replayed', REPLAYED),
})

/** Fields of every success that may include a claim. */
export const claimSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, RunSuccess>) => {
  const { run, replayed } = runSuccessFields(t)
  return {
    run,
    lease: t.field({
      type: LeaseRef,
      nullable: true,
      description: 'Your claim, while it is the one on the run; null where none was asked for.',
      resolve: (answer, _, { caller }) => {
        const claim = claimMade(answer, caller)
        return claim && { claim, now: answer.run.now }
      },
    }),
    agentToken: t.string({
      nullable: true,
      description: 'What the agent authenticates with: it carries the claim and ends with it.',
      resolve: (answer, _, { commands, caller }) => {
        const claim = claimMade(answer, caller)
        return claim && commands.mintAgentToken(answer.run.run.id, claim.fence)
      },
    }),
    replayed,
  }
}

defineMutation('claimRun', {
  description:
    'Claims a queued run: the one named, or the one that has waited longest among those that match. Among concurrent claims exactly one succeeds.',
  input: defineInput('ClaimRunInput', 'A claim.', {
    runId: id('run', 'The run; left out: whichever matches.'),
    workflows: names('Only runs of these workflows; left out: of any.'),
    labels: names('Only runs that carry all of these labels.'),
    project: name('Only runs of this project; left out: of any that you may see.'),
    owner,
    leaseSeconds: claimedSeconds,
    kinds,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => claimRun(commands, caller, input),
  success: claimSuccessFields,
})

defineMutation('renewLease', {
  description:
    'Renews a lease. One that is acknowledged is never overrun. That of a run being cancelled never goes beyond the time its owner has to confirm.',
  input: defineInput('RenewLeaseInput', 'A renewal.', {
    runId,
    fence: requiredFence,
    leaseSeconds: int(
      LEASE_SECONDS.min,
      LEASE_SECONDS.max,
      'How long it lasts from now, in seconds: 5 to 3600; left out: as long as was claimed.',
    ),
  }),
  run: async ({ commands, caller }, input) => {
    const answer = await renewLease(commands, caller, input)
    return answer.ok ? { ...answer, runId: input.runId } : answer
  },
  success: (t) => ({
    lease: t.field({
      type: LeaseRef,
      description: 'The lease as it is now.',
      resolve: ({ claim, now }) => ({ claim, now }),
    }),
    asOf: t.field({
      type: 'DateTime',
      description: "The database's clock when the lease was read.",
      resolve: ({ now }) => now,
    }),
    cancelGraceSeconds: t.float({
      description:
        'How long the owner has to confirm once the run is cancelled, in seconds: whoever follows no directives renews at least every third of it.',
      resolve: (_answer, _args, { commands }) => commands.settings.cancelGraceSeconds,
    }),
    directives: t.field({
      type: [DirectiveRef],
      description: 'What to do: how the claim stands, then the messages that nobody has acknowledged.',
      resolve: ({ directives, runId: of }) => directives.map((directive) => toDirective(of, directive)),
    }),
  }),
})

defineRunMutation('releaseRun', {
  description: 'Gives a claim back. A running run returns to the queue, a cancelling one is cancelled.',
  input: defineInput('ReleaseRunInput', 'A release.', {
    runId,
    fence: requiredFence,
    notBefore: instant(
      'Nobody is to claim a running run before, at most 8 days ahead: it waits in the queue until then.',
    ),
    waitsFor: text(500, 'What it waits for, to be shown.'),
    blocked: flag(
      'Whether the owner could not begin, as where another run is in the directory: the queue limit counts on then, from when the run was first queued. Left out: it counts from `notBefore`.',
    ),
    untilChildren: defaulted(
      flag(
        'Whether a run that lacks nothing but the end of its children waits for that before anybody claims it.',
      ),
      false,
    ),
    idempotencyKey,
  }),
  success: runSuccessFields,
})

defineRunMutation('confirmCancel', {
  description: "The owner's word that its processes are gone: the run is CANCELLED, confirmed.",
  input: defineInput('ConfirmCancelInput', 'A confirmation.', {
    runId,
    fence: requiredFence,
    idempotencyKey,
  }),
  success: runSuccessFields,
})
