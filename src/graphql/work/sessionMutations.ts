import type { ObjectFieldBuilder } from '@pothos/core'
import type { BelowSuccess } from '../../commands/work/changeWork.ts'
import { appendTranscript, openSession, recordPrompt, updateSession } from '../../commands/work/sessions.ts'
import type { Session } from '../../lifecycle/run/run.ts'
import { PROMPT_STAGES, SESSION_STATUSES } from '../../lifecycle/run/words.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { PromptStage, SessionStatus } from '../words/workEnums.ts'
import {
  defaulted,
  defineInput,
  fence,
  flag,
  id,
  idempotencyKey,
  int,
  json,
  name,
  needed,
  oneOf,
  runId,
  texts,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { SessionRef } from '../kit/refs.ts'

const aboutSession = (t: ObjectFieldBuilder<SchemaTypes, BelowSuccess<Session>>) => ({
  session: t.field({
    type: SessionRef,
    description: 'The session as it is now.',
    resolve: ({ run: { run }, row: session }) => ({ runId: run.id, session }),
  }),
  replayed: t.exposeBoolean('replayed', REPLAYED),
})

const sessionId = needed(id('session', 'The session.'))

defineMutation('openSession', {
  description:
    'Opens the session of a role, or adopts the one that is live: it is yours then, and its handle tells how to find its agent.',
  input: defineInput('OpenSessionInput', 'A session to open.', {
    runId,
    role: needed(name('The role it works in.')),
    adapter: needed(name('What it is reached through, as `process` or `tmux`.')),
    fence,
    handle: json("The adapter's own data; left out: what an adopted session had."),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => openSession(commands, caller, input),
  success: (t) => {
    const { session, replayed } = aboutSession(t)
    const created = t.boolean({
      description: 'False where a live session was adopted.',
      resolve: (answer) => answer.created,
    })
    return { session, created, replayed }
  },
  problems: [
    'IllegalSessionTransition',
    'RunNotActive',
    'LeaseLost',
    'RunNotFound',
    'IdempotencyMismatch',
    'InvalidInput',
    'Forbidden',
  ],
})

defineMutation('updateSession', {
  description: 'Records where a session stands.',
  input: defineInput('UpdateSessionInput', 'A change of a session.', {
    sessionId,
    status: needed(oneOf(SessionStatus, SESSION_STATUSES, 'Where it stands now.')),
    fence,
    detail: json('Why: yours, kept in the log.'),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => updateSession(commands, caller, input),
  success: aboutSession,
  problems: [
    'IllegalSessionTransition',
    'RunNotActive',
    'LeaseLost',
    'SessionNotFound',
    'IdempotencyMismatch',
    'InvalidInput',
    'Forbidden',
  ],
})

defineMutation('recordPrompt', {
  description:
    'Records a prompt, before it is sent and after. A dedup key that was SENT is never sent to the session again.',
  input: defineInput('RecordPromptInput', 'A prompt.', {
    sessionId,
    phase: needed(name('Key of the phase it is for, the current one.')),
    dedupKey: needed(name('What tells the prompt from others: a hash of all that it says.')),
    stage: needed(oneOf(PromptStage, PROMPT_STAGES, 'How far it has come.')),
    repair: defaulted(flag('Whether it asks to repair what came of an earlier one.'), false),
    fence,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => recordPrompt(commands, caller, input),
  success: aboutSession,
  problems: [
    'PromptAlreadySent',
    'IllegalSessionTransition',
    'IllegalTransition',
    'UnknownPhase',
    'RunNotActive',
    'LeaseLost',
    'SessionNotFound',
    'IdempotencyMismatch',
    'InvalidInput',
    'Forbidden',
  ],
})

/** How many chunks may be appended at once, and how long each may be, in UTF-16 units. */
const CHUNKS = { many: 500, most: 65_536 } as const
/** So many chunks after it, a number is still one of SQL's. */
const MOST_SEQ = 2_000_000_000

defineMutation('appendTranscript', {
  description:
    'Appends to the transcript of a session, even after its run has settled. Chunks that came before are absorbed, so it may be sent again.',
  input: defineInput('AppendTranscriptInput', 'The next chunks of a transcript.', {
    sessionId,
    fence,
    fromSeq: needed(int(1, MOST_SEQ, 'The number of the first chunk; the first of all is 1.')),
    chunks: needed(
      texts(
        `The chunks in order: at most ${CHUNKS.many}, each of at most ${CHUNKS.most} characters.`,
        CHUNKS,
      ),
    ),
  }),
  run: ({ commands, caller }, input) => appendTranscript(commands, caller, input),
  success: (t) => ({
    nextSeq: t.exposeInt('nextSeq', { description: 'The number of the chunk to append next.' }),
  }),
  problems: ['TranscriptGap', 'LeaseLost', 'SessionNotFound', 'InvalidInput', 'Forbidden'],
})
