import type { ObjectFieldBuilder } from '@pothos/core'
import type { WorkSuccess } from '../../commands/activity/changeWork.ts'
import {
  appendTranscript,
  openSession,
  recordPrompt,
  updateSession,
} from '../../commands/activity/sessions.ts'
import type { Session } from '../../lifecycle/run/run.ts'
import { PROMPT_STAGES, SESSION_STATUSES } from '../../lifecycle/run/enums.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { PromptStage, SessionStatus } from '../enums/workEnums.ts'
import {
  defaulted,
  defineInput,
  fence,
  flag,
  idempotencyKey,
  idOf,
  ifRevision,
  int,
  json,
  listed,
  name,
  required,
  oneOf,
  runId,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { TranscriptEntryInput, toEntry } from './entryInputs.ts'
import { SessionRef } from '../kit/refs.ts'

const sessionSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, WorkSuccess<Session>>) => ({
  session: t.field({
    type: SessionRef,
    description: 'The current session.',
    resolve: ({ run: { run }, row: session }) => ({ runId: run.id, session }),
  }),
  isReplayed: t.exposeBoolean('replayed', REPLAYED),
})

const sessionId = required(idOf('session', 'The session that it is about'))

/** What each command about a session says, besides the run and the fence. */
export const SESSION_STEPS = {
  openSession: {
    role: required(name('The role it works in.')),
    adapter: required(name('The adapter that connects to it, such as `process` or `tmux`.')),
    handle: json("The adapter's own data; if absent, an adopted session keeps its handle."),
    sessionId: idOf('session', 'The one session that is meant, where no other may be opened in its place'),
  },
  updateSession: {
    sessionId,
    status: required(oneOf(SessionStatus, SESSION_STATUSES, 'The new status.')),
    detail: json('Details: any JSON, kept in the log.'),
  },
  recordPrompt: {
    sessionId,
    phase: required(name('Key of the phase it is for, the current one.')),
    dedupKey: required(name('Identifies the prompt: a hash of its content.')),
    stage: required(oneOf(PromptStage, PROMPT_STAGES, 'Whether it is about to be sent, or was.')),
    isRepair: defaulted(flag('Whether it asks for a repair of an earlier result.'), false),
  },
}

defineMutation('openSession', {
  description:
    'Opens the session of a role, or adopts the live one, which then belongs to your claim; its handle identifies the agent.',
  input: defineInput(
    'OpenSessionInput',
    'Which agent works on a run, in which role, and how it is reached.',
    {
      runId,
      ...SESSION_STEPS.openSession,
      fence,
      ifRevision,
      idempotencyKey,
    },
  ),
  run: ({ commands, caller }, input) => openSession(commands, caller, input),
  success: (t) => {
    const { session, isReplayed } = sessionSuccessFields(t)
    const isNew = t.boolean({
      description: 'False if a live session was adopted.',
      resolve: (answer) => answer.created,
    })
    return { session, isNew, isReplayed }
  },
})

defineMutation('updateSession', {
  description: 'Records the status of a session.',
  input: defineInput('UpdateSessionInput', 'What the agent of a session does from now on.', {
    ...SESSION_STEPS.updateSession,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => updateSession(commands, caller, input),
  success: sessionSuccessFields,
})

defineMutation('recordPrompt', {
  description:
    'Records a prompt before and after it is sent. A prompt whose dedup key was SENT is never sent to the session again.',
  input: defineInput('RecordPromptInput', 'Which prompt is about to be sent, or was.', {
    ...SESSION_STEPS.recordPrompt,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => recordPrompt(commands, caller, input),
  success: sessionSuccessFields,
})

/** How many entries one append has at most. */
const MAX_ENTRIES = 500
/** Maximum start number: with a full append added, it still fits an SQL integer. */
const MAX_SEQ = 2_000_000_000

defineMutation('appendTranscript', {
  description:
    'Appends to the transcript of a session, even after its run has settled. Entries that came before are absorbed, so it may be sent again.',
  input: defineInput('AppendTranscriptInput', 'The next entries of a transcript.', {
    sessionId,
    fence,
    fromSeq: required(int(1, MAX_SEQ, 'The number of the first entry; the first of all is 1.')),
    entries: required(
      listed(TranscriptEntryInput, MAX_ENTRIES, `The entries in order: at most ${MAX_ENTRIES}.`),
    ),
  }),
  run: ({ commands, caller }, { entries, ...input }) =>
    appendTranscript(commands, caller, { ...input, entries: entries.map(toEntry) }),
  success: (t) => ({
    nextSeq: t.exposeInt('nextSeq', { description: 'The number of the entry to append next.' }),
  }),
})
