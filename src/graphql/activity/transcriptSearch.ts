import { z } from 'zod'
import { ENTRY_KINDS } from '../../lifecycle/run/enums.ts'
import type { Position } from '../../store/sql/page.ts'
import {
  matchId,
  searchTranscripts,
  type TranscriptMatch,
} from '../../store/activity/transcript/searchTranscripts.ts'
import { isStorable } from '../../text/composeText.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { connectionOf, FROM_EITHER_END, pageCost, readPageSize, toConnection } from '../kit/connection.ts'
import { decodeCursor, encodeCursor } from '../kit/cursors.ts'
import { EntryKind } from '../enums/workEnums.ts'
import { defineInput, idOf, idSchema, listOf } from '../kit/input.ts'
import { failWith } from '../request/errors.ts'
import { statementCost } from '../request/statementCost.ts'
import { visibilityOf } from '../request/visibility.ts'

/** The shortest text that is searched for: the index knows groups of three letters. */
const MIN_TEXT = 3
const MAX_TEXT = 200

const MATCHES = 'matches'

const TranscriptMatchRef = builder.objectRef<TranscriptMatch>('TranscriptMatch').implement({
  description: 'An entry of a transcript that a search has found.',
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'The session whose agent said it.' }),
    seq: t.exposeInt('seq', { description: 'Its number there.' }),
    kind: t.expose('kind', { type: EntryKind, description: 'Which type of entry was found.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was appended.' }),
    excerpt: t.exposeString('excerpt', { description: 'What stands around the place.' }),
  }),
})

const MatchConnection = connectionOf('TranscriptMatch', TranscriptMatchRef)

const SearchFilter = defineInput(
  'TranscriptFilter',
  'Which transcripts to search; what is left out does not narrow.',
  {
    runId: idOf('run', 'Those of all sessions of one run'),
    sessionId: idOf('session', 'That of one session'),
    kinds: listOf(EntryKind, ENTRY_KINDS, 'Only entries of these kinds.'),
  },
)

const argsSchema = z.object({
  text: z
    .string()
    .min(MIN_TEXT)
    .max(MAX_TEXT)
    .refine(isStorable, 'holds a NUL character or half of a character'),
  filter: SearchFilter.schema.nullish(),
})

const placeSchema = z.tuple([z.int().nonnegative(), idSchema('session'), z.int().positive()])

function decodeMatch(cursor: string | null | undefined): Position | null {
  if (cursor == null) return null
  const [at, sessionId, seq] = decodeCursor(MATCHES, cursor, placeSchema)
  return { at, id: matchId({ sessionId, seq }) }
}

builder.queryField('searchTranscripts', (t) =>
  t.field({
    type: MatchConnection,
    description:
      'Entries of the transcripts that you may see which hold a text, the newest first. Output is searched within a run or a session only.',
    args: {
      text: t.arg.string({
        required: true,
        description: `The text, ${MIN_TEXT} to ${MAX_TEXT} characters, in letters of either case.`,
      }),
      filter: t.arg({ type: SearchFilter.ref, description: 'Which transcripts; left out: all.' }),
      ...FROM_EITHER_END,
    },
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, { reads, caller }) => {
      const { text, filter } = checkArgs(argsSchema, args)
      if (filter?.kinds?.includes('OUTPUT') && filter.runId == null && filter.sessionId == null)
        throw failWith('BAD_USER_INPUT', 'Output is searched within a run or a session: name one of them.')
      const asked = {
        ...readPageSize(args),
        after: decodeMatch(args.after),
        before: decodeMatch(args.before),
      }
      const search = {
        text,
        runId: filter?.runId ?? null,
        sessionId: filter?.sessionId ?? null,
        kinds: filter?.kinds ?? null,
      }
      const page = await searchTranscripts(await reads.connection(), search, visibilityOf(caller), asked)
      return toConnection(
        page,
        ({ at, sessionId, seq }) => encodeCursor(MATCHES, [at.getTime(), sessionId, seq]),
        (match) => match,
      )
    },
  }),
)
