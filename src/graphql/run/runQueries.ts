import { z } from 'zod'
import { refuse } from '../../commands/kit/answers.ts'
import { type ResolvedVia as Via, resolveRun } from '../../commands/run/resolveRun.ts'
import { OUTCOMES, RUN_REASONS, RUN_STATUSES } from '../../lifecycle/run/enums.ts'
import { countRuns, countRunsByStatus } from '../../store/run/countRuns.ts'
import { listRuns, RUN_ORDER_FIELDS } from '../../store/run/listRuns.ts'
import type { RunFilter } from '../../store/run/runFilter.ts'
import { builder, enumOf } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { type PageArgs, FROM_EITHER_END, pageCost, toConnection } from '../kit/connection.ts'
import { type GraphContext, atSnapshot, assertVisible } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { encodePlace, readPage } from '../kit/cursors.ts'
import { Outcome, RunReason, RunStatus } from '../enums/runEnums.ts'
import { throwRefused } from '../request/errors.ts'
import {
  defineInput,
  field,
  id,
  listOf,
  name,
  names,
  nested,
  oneOf,
  readInput,
  required,
  text,
  toLookedUp,
} from '../kit/input.ts'
import { defineResult, RunSuccessRef, toMember } from '../answers/mutation.ts'
import { RunRef } from '../kit/refs.ts'
import { RunConnection, type RunsShape } from './runConnection.ts'
import { RunCount } from './runCount.ts'
import { statementCost } from '../request/statementCost.ts'

const RunOrderField = enumOf('RunOrderField', RUN_ORDER_FIELDS, 'What runs are ordered by.', {
  CREATED: 'When they were started by `startRun`, which never changes.',
  ACTIVITY:
    'When they were last active; a settled run was last active when it settled. Runs move in this order while it is paged through.',
})

const DIRECTIONS = ['ASC', 'DESC'] as const
const OrderDirection = enumOf(
  'OrderDirection',
  DIRECTIONS,
  'Whether a list begins with the earliest or with the latest.',
  {
    ASC: 'The earliest first.',
    DESC: 'The latest first.',
  },
)

const RunOrder = defineInput('RunOrder', 'The order of a list of runs.', {
  field: required(oneOf(RunOrderField, RUN_ORDER_FIELDS, 'What they are ordered by.')),
  direction: required(oneOf(OrderDirection, DIRECTIONS, 'Which end comes first.')),
})
const NEWEST_FIRST = { field: 'CREATED', direction: 'DESC' } as const

const time = (description: string) => field('DateTime', z.date(), description)
const TimeRange = defineInput('TimeRange', 'A range of times; a bound that is left out does not narrow.', {
  after: time('Later than this.'),
  before: time('Earlier than this.'),
})
const RunFilterInput = defineInput('RunFilter', 'Which runs to list; what is left out does not narrow.', {
  statuses: listOf(
    RunStatus,
    RUN_STATUSES,
    'In any of these statuses now; empty: in none, so that nothing matches.',
  ),
  outcomes: listOf(Outcome, OUTCOMES, 'That came to any of these outcomes; an active run has none.'),
  workflow: name('Of the workflow with this name, in any version.'),
  labels: names('Carrying all of these labels.'),
  project: name('In this project only; one that you may not see matches nothing.'),
  text: text(
    200,
    'Whose title contains this or whose id begins with it, or ends with it from four characters on, case-insensitive.',
  ),
  reasons: listOf(RunReason, RUN_REASONS, 'Settled for any of these reasons.'),
  owner: name('Held by an owner of this name now.'),
  parentRunId: id('Started below this run.'),
  concurrencyKey: name('Started with exactly this key, settled ones too.'),
  createdAt: nested(TimeRange, 'Created within this range.'),
  settledAt: nested(TimeRange, 'Settled within this range.'),
})

const filterSchema = z.object({ filter: RunFilterInput.schema.nullish() })
const orderSchema = z.object({ orderBy: RunOrder.schema.optional() })

/**
 * Validates a filter.
 *
 * @throws BAD_USER_INPUT
 */
function readFilter(args: { readonly filter?: unknown }): RunFilter {
  const { createdAt: created, settledAt: settled, ...filter } = checkArgs(filterSchema, args).filter ?? {}
  return { ...filter, created, settled }
}

const filterArg = {
  type: RunFilterInput.ref,
  description: 'Which runs; left out: all that you may see.',
} as const

builder.queryFields((t) => ({
  run: t.field({
    type: RunRef,
    nullable: true,
    description: 'A run by its id; null if it does not exist.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'As it was answered, `run_…`; any other text finds nothing.',
      }),
    },
    extensions: statementCost(1),
    resolve: async (_, { id: given }, context) =>
      assertVisible(await context.reads.run.load(toLookedUp(given)), context),
  }),
  runs: t.field({
    type: RunConnection,
    description: 'The runs that you may see, in pages.',
    args: {
      filter: t.arg(filterArg),
      orderBy: t.arg({
        type: RunOrder.ref,
        required: true,
        defaultValue: NEWEST_FIRST,
        description: 'Which come first; pages keep to it.',
      }),
      ...FROM_EITHER_END,
    },
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: (_, args, context) => readRuns(args, context),
  }),
  runCounts: t.field({
    type: [RunCount],
    description:
      'The number of matching runs by status, in lifecycle order, including zeros. Active runs are counted completely.',
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

interface RunsArgs extends PageArgs {
  readonly filter?: unknown
  readonly orderBy?: unknown
}

async function readRuns(args: RunsArgs, { reads, commands, caller }: GraphContext): Promise<RunsShape> {
  const filter = readFilter(args)
  const { orderBy = NEWEST_FIRST } = checkArgs(orderSchema, args)
  const list = `${orderBy.field}_${orderBy.direction}`
  const page = await listRuns(await reads.connection(), commands.store, {
    filter,
    sight: visibilityOf(caller),
    order: { field: orderBy.field, newestFirst: orderBy.direction === 'DESC' },
    page: readPage(list, args),
  })
  const connection = toConnection(
    page,
    ({ place }) => encodePlace(list, place),
    ({ loaded }) => reads.note(loaded),
  )
  const count = async () => countRuns(await reads.connection(), filter, visibilityOf(caller))
  return { ...connection, feedCursor: page.feedCursor, count }
}

const VIAS = ['EXPLICIT', 'EXECUTION', 'ONLY_ACTIVE'] as const satisfies Via[]

const ResolvedVia = enumOf('ResolvedVia', VIAS, 'How a run was resolved.', {
  EXPLICIT: 'Its id was given.',
  EXECUTION: 'It is the run of the execution.',
  ONLY_ACTIVE: 'No other run of the searched projects is unsettled.',
})

const ResolveRunInput = defineInput('ResolveRunInput', 'What identifies the run that a command is about.', {
  runId: id('The run itself, `run_…`; if given, the other fields are not looked at.'),
  executionId: id('An execution launched for it.'),
  project: name('The project to search; if absent, all that you may see.'),
})

const ResolveRunResult = defineResult<Extract<Awaited<ReturnType<typeof resolveRun>>, { ok: true }>>(
  'ResolveRun',
  '`resolveRun`',
  (t) => ({
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run; never null.',
      extensions: statementCost(1),
      resolve: async ({ run }, _, context) => (await atSnapshot(run, context)) ?? run,
    }),
    via: t.expose('via', { type: ResolvedVia, description: 'What led to the run.' }),
  }),
  ['AmbiguousRun', 'NoActiveRun', 'NotFound', 'InvalidInput'],
  [RunSuccessRef],
)

builder.queryField('resolveRun', (t) =>
  t.field({
    type: ResolveRunResult,
    description:
      'Resolves the run that a command is about: an explicit id, otherwise the run of the execution, otherwise the only active run. It never guesses.',
    args: {
      input: t.arg({ type: ResolveRunInput.ref, required: true, description: 'What identifies the run.' }),
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
