import { builder } from '../kit/builder.ts'
import { connectionOf, FROM_EITHER_END, pageCost, toConnection } from '../kit/connection.ts'
import { resolveRunOf } from '../request/context.ts'
import { EntryKind, PromptStage, SessionStatus } from '../enums/workEnums.ts'
import { TranscriptEntryConnection } from './entry.ts'
import { NUMBERED, readNumberedPage } from '../kit/numberedLists.ts'
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
      type: TranscriptEntryConnection,
      description: `What its agent said, in the order in which it was told. A page ends early when it grows large; \`pageInfo\` says whether there is more. ${NUMBERED}`,
      args: {
        ...FROM_EITHER_END,
        kinds: t.arg({
          type: [EntryKind],
          description:
            'Only entries of these kinds; left out: all. An update has the kind of what it updates.',
        }),
      },
      complexity: pageCost,
      extensions: statementCost(1),
      resolve: async ({ session: { id: sessionId } }, args, { reads }) => {
        const asked = { sessionId, kinds: args.kinds ?? null, ...readNumberedPage(args) }
        return toConnection(
          await reads.transcript.load(asked),
          ({ seq }) => String(seq),
          (entry) => entry,
        )
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

export const SessionConnection = connectionOf('Session', SessionRef)
