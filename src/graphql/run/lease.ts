import type { Caller } from '../../commands/kit/context.ts'
import type { RunSuccess } from '../../commands/kit/answers.ts'
import { type Claim, liveClaim } from '../../lifecycle/run/run.ts'
import { builder } from '../kit/builder.ts'
import { ApprovalKind } from '../enums/workEnums.ts'
import { LeaseRef } from '../kit/refs.ts'

builder.objectType(LeaseRef, {
  description: "An owner's right to drive a run.",
  fields: (t) => ({
    owner: t.string({ description: 'Who holds the run.', resolve: ({ claim }) => claim.owner }),
    claimedBy: t.string({
      nullable: true,
      description: 'The name of the principal that claimed; null for a claim of before there were any.',
      resolve: ({ claim }) => claim.claimedBy,
    }),
    claimedById: t.id({
      nullable: true,
      description: 'That principal.',
      resolve: ({ claim }) => claim.claimedById,
    }),
    fence: t.int({
      description: 'Number of the claim, which rises with each claim; driving writes must carry it.',
      resolve: ({ claim }) => claim.fence,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ends unless renewed; null: claimed without a lease.',
      resolve: ({ claim }) => claim.expiresAt,
    }),
    isMine: t.boolean({
      description: 'Whether the claim is yours, by any token of your principal.',
      resolve: ({ claim }, _, { caller }) =>
        claim.claimedById !== null && claim.claimedById === caller.principalId,
    }),
    kinds: t.field({
      type: [ApprovalKind],
      description: 'The kinds of questions in the middle of a turn that the owner knows.',
      resolve: ({ claim }) => [...claim.kinds],
    }),
    isLive: t.boolean({
      description: 'Whether it was live when the run was read (`asOf`).',
      resolve: ({ claim, now }) => liveClaim(claim, now) !== null,
    }),
  }),
})

/**
 * Returns the claim made by a command, as long as it is still on the row and belongs to the caller: a replayed answer
 * may come later, or go to another principal that knows the key.
 */
export function claimMade({ run: { run, now }, event }: RunSuccess, { principalId }: Caller): Claim | null {
  const claim = liveClaim(run.claim, now)
  const isOwn = event?.type === 'run.claimed' && (event.actorId === null || event.actorId === principalId)
  return isOwn && claim?.fence === event.payload.fence ? claim : null
}
