import { tailTranscript } from '../../events/tailTranscript.ts'
import { findRunId } from '../../store/run/findRunId.ts'
import { loadRuns } from '../../store/run/loadRun.ts'
import { builder } from '../kit/builder.ts'
import { type RequestContext, assertVisible } from '../request/context.ts'
import { failWith } from '../request/errors.ts'
import { toLookedUp } from '../kit/input.ts'
import { TranscriptEntryRef } from './entry.ts'

/**
 * Returns the id of the run whose session is to be followed.
 *
 * @throws SESSION_NOT_FOUND or FORBIDDEN
 */
async function findFollowedRun(sessionId: string, context: RequestContext): Promise<string> {
  const { store } = context.commands
  const id = toLookedUp(sessionId)
  const found = await findRunId(store.pool, 'session', id)
  const [loaded] = found === null ? [] : await loadRuns(store.pool, store, [found])
  if (!loaded) throw failWith('SESSION_NOT_FOUND', `There is no session ${id}.`)
  return assertVisible(loaded, context).run.id
}

builder.subscriptionFields((t) => ({
  transcriptEntryAppended: t.field({
    type: TranscriptEntryRef,
    description:
      'What the agent of a session says, after a cursor, each entry once and in order; ends when the session is DISPOSED and everything was delivered.',
    args: {
      sessionId: t.arg.id({
        required: true,
        description: 'Whose agent to listen to, `ses_…`; SESSION_NOT_FOUND if there is none.',
      }),
      after: t.arg.int({
        defaultValue: 0,
        description: 'The last `seq` that you have; 0: from the beginning.',
      }),
    },
    subscribe: async (_, { sessionId, after }, context) => {
      const sessionRunId = await findFollowedRun(sessionId, context)
      return tailTranscript(context.streams, {
        sessionId,
        runId: sessionRunId,
        after: Math.max(0, after ?? 0),
      })
    },
    resolve: (entry) => entry,
  }),
}))
