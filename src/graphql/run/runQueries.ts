import { z } from 'zod'
import { refuse } from '../../commands/kit/answers.ts'
import { type ResolvedVia as Via, resolveRun } from '../../commands/run/resolveRun.ts'
import { OUTCOMES, RUN_STATUSES } from '../../lifecycle/run/enums.ts'
import { COUNTED, countRuns, countRunsByStatus, type StatusCount } from '../../store/run/countRuns.ts'
import { listRuns, RUN_ORDERS } from '../../store/run/listRuns.ts'
import type { RunFilter } from '../../store/run/runFilter.ts'
import { isId } from '../../commands/kit/ids.ts'
import { builder, enumOf } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { pageCost, readPageSize, toConnection } from '../kit/connection.ts'
import { type GraphContext, atSnapshot, assertVisible } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { decodePlace, encodePlace } from '../kit/cursors.ts'
import { Outcome, RunStatus } from '../enums/runEnums.ts'
import { failWith, throwRefused } from '../request/errors.ts'
import { defineInput, field, id, listOf, name, names, readInput, text } from '../kit/input.ts'
import { defineResult, toMember } from '../answers/mutation.ts'
import { RunRef } from '../kit/refs.ts'
import { RunConnection, type RunsShape } from './runConnection.ts'
import { statementCost } from '../request/statementCost.ts'

const RunOrder = enumOf('RunOrder', RUN_ORDERS, 'The order of a list of runs.', {
  CREATED_DESC: 'The newest first.',
  CREATED_ASC: 'The oldest first.',
  ACTIVITY_DESC:
    'The last active first; a settled run was last active when it settled. Runs move in this order while it is paged through.',
})

const time = (description: string) => field('DateTime', z.date(), description)
const RunFilterInput = defineInput('RunFilter', 'Which runs to list; what is left out does not narrow.', {
  status: listOf(RunStatus, RUN_STATUSES, 'Of any of these statuses.'),
  outcome: listOf(Outcome, OUTCOMES, 'Come to any of these.'),
  workflow: name('Of the workflow with this name, whatever its version.'),
  labels: names('Carrying all of these labels.'),
  project: name('Of this project.'),
  text: text(200, 'With this in the title, or an id that begins with it, in any case.'),
  createdAfter: time('Created later than this.'),
  createdBefore: time('Created earlier than this.'),
})

const filterSchema = z.object({ filter: RunFilterInput.schema.nullish() })

/**
 * Validates a filter.
 *
 * @throws BAD_USER_INPUT
 */
function readFilter(args: { readonly filter?: unknown }): RunFilter {
  const { filter } = checkArgs(filterSchema, args)
  if (!filter) return {}
  const { status, outcome, ...rest } = filter
  return { ...rest, statuses: status, outcomes: outcome }
}

const RunCount = builder.objectRef<StatusCount>('RunCount').implement({
  description: 'How many runs are of a status.',
  fields: (t) => ({
    status: t.expose('status', { type: RunStatus, description: 'The status.' }),
    count: t.exposeInt('count', {
      description: `How many runs are of it; of a settled status at most ${COUNTED.toLocaleString('en')} are counted.`,
    }),
    isExact: t.exposeBoolean('isExact', { description: 'False where there are more than were counted.' }),
  }),
})

const filterArg = {
  type: RunFilterInput.ref,
  description: 'Which runs; left out: all that you may see.',
} as const

builder.queryFields((t) => ({
  run: t.field({
    type: RunRef,
    nullable: true,
    description: 'A run by its id; null where there is none. A malformed id is an error of code INVALID_ID.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    extensions: statementCost(1),
    resolve: async (_, args, context) => {
      if (!isId('run', args.id))
        throw failWith('INVALID_ID', 'This is no id of a run: it would begin with run_.')
      return assertVisible(await context.reads.run.load(args.id), context)
    },
  }),
  runs: t.field({
    type: RunConnection,
    description: 'Runs that you may see, page by page.',
    args: {
      filter: t.arg(filterArg),
      orderBy: t.arg({ type: RunOrder, defaultValue: 'CREATED_DESC', description: 'Their order.' }),
      first: t.arg.int({ description: 'The first so many, at most 500; left out: 50.' }),
      after: t.arg.string({ description: 'Only what comes after this cursor.' }),
      last: t.arg.int({ description: 'The last so many, at most 500.' }),
      before: t.arg.string({ description: 'Only what comes before this cursor.' }),
    },
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: (_, args, context) => readPage(args, context),
  }),
  runCounts: t.field({
    type: [RunCount],
    description:
      "How many runs match, by status, in the order of a run's life; zeros are told too. Active runs are all counted.",
    args: { filter: t.arg(filterArg) },
    extensions: statementCost(1),
    resolve: async (_, args, { reads, caller }) => {
      const filter = readFilter(args)
      const counts = await countRunsByStatus(await reads.connection(), filter, visibilityOf(caller))
      const statuses = filter.statuses ?? RUN_STATUSES
      return RUN_STATUSES.filter((status) => statuses.includes(status)).map(
        (status) =>
          counts.find((counted) => counted.status === status) ?? { status, count: 0, isExact: true },
      )
    },
  }),
}))

interface RunsArgs {
  readonly filter?: unknown
  readonly orderBy?: (typeof RUN_ORDERS)[number] | null | undefined
  readonly first?: number | null | undefined
  readonly last?: number | null | undefined
  readonly after?: string | null | undefined
  readonly before?: string | null | undefined
}

async function readPage(args: RunsArgs, { reads, commands, caller }: GraphContext): Promise<RunsShape> {
  const filter = readFilter(args)
  const order = args.orderBy ?? 'CREATED_DESC'
  const after = decodePlace(order, args.after)
  const before = decodePlace(order, args.before)
  const page = await listRuns(await reads.connection(), commands.store, {
    filter,
    sight: visibilityOf(caller),
    order,
    page: { ...readPageSize(args), after, before },
  })
  const connection = toConnection(
    page,
    ({ place }) => encodePlace(order, place),
    ({ loaded }) => reads.note(loaded),
  )
  const count = async () => countRuns(await reads.connection(), filter, visibilityOf(caller))
  return { ...connection, feedCursor: page.feedCursor, count }
}

const VIAS = ['EXPLICIT', 'EXECUTION', 'ONLY_ACTIVE'] as const satisfies Via[]

const ResolvedVia = enumOf('ResolvedVia', VIAS, 'By which rule a run was found.', {
  EXPLICIT: 'Its id was given.',
  EXECUTION: 'It is the run of the execution.',
  ONLY_ACTIVE: 'It is the only active one.',
})

const ResolveRunInput = defineInput('ResolveRunInput', 'What is known of the run that a command means.', {
  runId: id('run', 'Its id.'),
  executionId: id('execution', 'An execution launched for it.'),
  project: name('The project to look in; left out: all that you may see.'),
})

const ResolveRunResult = defineResult<Extract<Awaited<ReturnType<typeof resolveRun>>, { ok: true }>>(
  'ResolveRun',
  '`resolveRun`',
  (t) => ({
    run: t.field({
      type: RunRef,
      description: 'The run.',
      extensions: statementCost(1),
      resolve: async ({ run }, _, context) => (await atSnapshot(run, context)) ?? run,
    }),
    via: t.expose('via', { type: ResolvedVia, description: 'The rule it was found by.' }),
  }),
  ['AmbiguousRun', 'NoActiveRun', 'RunNotFound', 'ExecutionNotFound', 'InvalidInput'],
  'RunResolved',
)

builder.queryField('resolveRun', (t) =>
  t.field({
    type: ResolveRunResult,
    description:
      'Which run a command means: an explicit id, else the run of the execution, else the only active run. Never a guess.',
    args: {
      input: t.arg({ type: ResolveRunInput.ref, required: true, description: 'What is known of it.' }),
    },
    resolve: async (_, args, context) => {
      const read = readInput(ResolveRunInput.schema, args.input)
      const answer = read.ok
        ? await resolveRun(context.commands, context.caller, read.input)
        : refuse({ type: 'InvalidInput', issues: read.issues })
      if (!answer.ok && answer.problem.type === 'Forbidden') throwRefused(answer)
      return toMember(answer, context)
    },
  }),
)
