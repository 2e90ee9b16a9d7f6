import { z } from 'zod'
import { removeContentOfRuns, type RemovedOfProject } from '../../commands/run/removeContent.ts'
import { builder } from '../kit/builder.ts'
import { PageInfoRef } from '../kit/connection.ts'
import { decodeCursor, encodeCursor } from '../kit/cursors.ts'
import { content, defaulted, defineInput, flag, idSchema, int, MAX_INT, name } from '../kit/input.ts'
import { defineMutation } from '../answers/mutation.ts'

const LIST = 'removable'
const placeSchema = z.tuple([z.string(), z.int(), idSchema('run')])
/** Each run is one change, of some milliseconds. */
const MAX_RUNS = 500

const RemovedOfProjectRef = builder.objectRef<RemovedOfProject>('RemovedOfProject').implement({
  description: 'Content of the runs of one project that was removed, or would be.',
  fields: (t) => ({
    project: t.exposeString('project', { description: 'Whose runs they are.' }),
    runs: t.exposeInt('runs', { description: 'How many lost their content, or would.' }),
    bytes: t.exposeFloat('bytes', {
      description:
        'Bytes that it took in the database; of a dry run, those of the whole logs, transcripts and artifacts.',
    }),
  }),
})

defineMutation('removeContent', {
  description:
    'Removes the content of settled runs beyond an age: inputs, outputs, texts, transcripts, artifacts. The runs, their logs and all hashes stay. A run is removed from once, and can not be resumed after. One portion: continue from `endCursor` while there is a next page. ADMIN only.',
  input: defineInput('RemoveContentInput', 'Of which runs the content is removed.', {
    olderThanSeconds: int(
      0,
      MAX_INT,
      'How long ago they settled at least, in seconds; left out: as the server is set to.',
    ),
    project: name('Only of this project.'),
    isDryRun: defaulted(flag('Whether it only reports what would be removed.'), true),
    first: defaulted(int(1, MAX_RUNS, `Maximum number of runs: at most ${MAX_RUNS}; default 100.`), 100),
    after: content('The cursor to continue from.', 1_000),
  }),
  run: ({ commands, caller }, { olderThanSeconds = null, project = null, after, ...rest }) => {
    const place = after == null ? null : decodeCursor(LIST, after, placeSchema)
    return removeContentOfRuns(commands, caller, {
      ...rest,
      olderThanSeconds,
      project,
      after: place && { project: place[0], settledAt: place[1], runId: place[2] },
    })
  },
  success: (t) => ({
    projects: t.field({
      type: [RemovedOfProjectRef],
      description: 'What was removed, by project; those without any are left out.',
      resolve: ({ projects }) => [...projects],
    }),
    failed: t.idList({
      description: 'Runs whose content could not be removed: `verifyRun` tells what is wrong with them.',
      resolve: ({ failed }) => [...failed],
    }),
    isDryRun: t.exposeBoolean('isDryRun', { description: 'Whether it only reported what would be removed.' }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Whether there is more, and from where to continue.',
      resolve: ({ end, hasNextPage, isFirst }) => ({
        hasNextPage,
        hasPreviousPage: !isFirst,
        startCursor: null,
        endCursor: end && encodeCursor(LIST, [end.project, end.settledAt, end.runId]),
      }),
    }),
  }),
})
