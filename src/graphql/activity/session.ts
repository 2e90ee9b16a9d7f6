import { builder } from '../kit/builder.ts'
import { pageCost, readPageSize } from '../kit/connection.ts'
import { resolveRunOf } from '../request/context.ts'
import { EntryKind, PromptStage, SessionStatus } from '../enums/workEnums.ts'
import { TranscriptEntryRef } from './entry.ts'
import { NodeRef, RunRef, SessionRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

builder.objectType(SessionRef, {
  description:
    'An agent attached to a run in a role, through an adapter. It can receive several prompts and can be recovered.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `ses_…`.', resolve: ({ session }) => session.id }),
    run: t.field({
      type: RunRef,
      description: 'The run it is attached to.',
      extensions: statementCost(1),
      resolve: resolveRunOf,
    }),
    role: t.string({
      description: 'The role it works in; a run has at most one live session in each.',
      resolve: ({ session }) => session.role,
    }),
    adapter: t.string({
      description: 'The adapter that connects to it.',
      resolve: ({ session }) => session.adapter,
    }),
    status: t.field({
      type: SessionStatus,
      description: 'The current status.',
      resolve: ({ session }) => session.status,
    }),
    recoveryAttempts: t.int({
      description: 'How often it was recovered.',
      resolve: ({ session }) => session.recoveryAttempts,
    }),
    transcript: t.field({
      type: [TranscriptEntryRef],
      description:
        'What its agent said, from after a place. A page ends early when it grows large: read on from its last `seq` until one is empty.',
      args: {
        after: t.arg.int({
          defaultValue: 0,
          description: 'The `seq` to continue after; 0: from the beginning.',
        }),
        first: t.arg.int({ defaultValue: 100, description: 'How many entries, at most 500.' }),
        kinds: t.arg({
          type: [EntryKind],
          description:
            'Only entries of these kinds; left out: all. An update has the kind of what it updates.',
        }),
      },
      complexity: pageCost,
      extensions: statementCost(1),
      resolve: ({ session }, args, { reads }) => {
        const { limit: first } = readPageSize({ first: args.first ?? 100 })
        const after = Math.max(0, args.after ?? 0)
        return reads.transcript.load({ sessionId: session.id, after, first, kinds: args.kinds ?? null })
      },
    }),
    handle: t.field({
      type: 'JSON',
      nullable: true,
      description: "The adapter's own data, by which the next owner finds the agent.",
      resolve: ({ session }) => session.handle,
    }),
    lastPromptKey: t.string({
      nullable: true,
      description: 'The dedup key of the prompt recorded last.',
      resolve: ({ session }) => session.lastPromptKey,
    }),
    lastPromptStage: t.field({
      type: PromptStage,
      nullable: true,
      description: 'How far that prompt has come.',
      resolve: ({ session }) => session.lastPromptStage,
    }),
    lastPromptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When that was recorded.',
      resolve: ({ session }) => session.lastPromptAt,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was opened.',
      resolve: ({ session }) => session.createdAt,
    }),
  }),
})
