import { z } from 'zod'
import { sweep } from '../../commands/sweep.ts'
import {
  checkRuns,
  type DoctorReport,
  type Fork,
  type Violation,
  verifyRun,
} from '../../commands/run/verifyRun.ts'
import { builder } from '../kit/builder.ts'
import { PageInfoRef, pageCost, readPageSize } from '../kit/connection.ts'
import { atSnapshot } from '../request/context.ts'
import { decodeCursor, encodeCursor } from '../kit/cursors.ts'
import { throwRefused } from '../request/errors.ts'
import { defaulted, defineInput, flag, idSchema, toLookedUp } from '../kit/input.ts'
import { defineMutation, defineResult, RunSuccessRef, toMember } from '../answers/mutation.ts'
import { RunRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

defineMutation('sweep', {
  description: 'Applies all due changes of runs, as servers do every few seconds. ADMIN only.',
  input: defineInput('SweepInput', 'Whether to apply what is due, or only to report it.', {
    isDryRun: defaulted(flag('Whether it only reports what would be done.'), false),
  }),
  run: ({ commands, caller }, { isDryRun }) => sweep(commands, caller, isDryRun),
  success: (t) => ({
    lapsed: t.idList({
      description: 'Runs whose owner was lost, whose cancel ran out of grace, or that ran out of time.',
      resolve: ({ lapsed }) => [...lapsed],
    }),
    expired: t.idList({ description: 'Runs that expired.', resolve: ({ expired }) => [...expired] }),
    isDryRun: t.exposeBoolean('isDryRun', { description: 'Whether it only reported what would be done.' }),
  }),
})

const VerifyRunResult = defineResult<Extract<Awaited<ReturnType<typeof verifyRun>>, { ok: true }>>(
  'VerifyRun',
  '`verifyRun`',
  (t) => ({
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run that was verified; never null.',
      extensions: statementCost(1),
      resolve: async ({ run }, _, context) => (await atSnapshot(run, context)) ?? run,
    }),
    isConsistent: t.exposeBoolean('consistent', {
      description: 'Whether the run equals the fold of its log.',
    }),
    differences: t.stringList({
      description: 'The differences, each with the guarantee that it violates.',
      resolve: ({ differences }) => differences.map(({ guarantee, detail }) => `${guarantee}: ${detail}`),
    }),
    eventsChecked: t.exposeInt('eventsChecked', { description: 'How many events were folded.' }),
  }),
  ['NotFound', 'Forbidden'],
  [RunSuccessRef],
)

builder.queryField('verifyRun', (t) =>
  t.field({
    type: VerifyRunResult,
    description: 'Checks a run against its log (G6).',
    args: { id: t.arg.id({ required: true, description: 'Which one to check, `run_…`.' }) },
    resolve: async (_, args, context) => {
      return toMember(await verifyRun(context.commands, context.caller, toLookedUp(args.id)), context)
    },
  }),
)

const ViolationRef = builder.objectRef<Violation>('Violation').implement({
  description: 'A guarantee that a run violates.',
  fields: (t) => ({
    guarantee: t.exposeString('guarantee', { description: 'Which guarantee, as `G6`.' }),
    runId: t.exposeID('runId', { description: 'Whose rows or log are not as guaranteed, `run_…`.' }),
    detail: t.exposeString('detail', { description: 'A message for a person.' }),
  }),
})

const ForkRef = builder.objectRef<Fork>('Fork').implement({
  description:
    'A run that continues another one beside the chain that continues it, as earlier versions allowed. Nothing is broken, but their workspace is one: look at them before you resume or continue any.',
  fields: (t) => ({
    runId: t.exposeID('runId', { description: 'The one beside the chain, `run_…`.' }),
    continuesId: t.exposeID('continuesId', { description: 'The run that it continues.' }),
  }),
})

const LIST = 'doctor'
const placeSchema = z.tuple([idSchema('run')])

const DoctorReportRef = builder
  .objectRef<DoctorReport & { readonly isFirst: boolean }>('DoctorReport')
  .implement({
    description: 'What checking a page of all runs found.',
    fields: (t) => ({
      runsChecked: t.exposeInt('runsChecked', { description: 'How many runs were checked.' }),
      violations: t.field({
        type: [ViolationRef],
        description: 'What was found.',
        resolve: ({ violations }) => [...violations],
      }),
      forks: t.field({
        type: [ForkRef],
        description: 'Runs that share a workspace with a chain they are not kept apart from.',
        resolve: ({ forks }) => [...forks],
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Where the page lies: check on from `endCursor` while there is a next page.',
        resolve: ({ hasNextPage, endCursor, isFirst }) => ({
          hasNextPage,
          hasPreviousPage: !isFirst,
          startCursor: null,
          endCursor: endCursor && encodeCursor(LIST, [endCursor]),
        }),
      }),
    }),
  })

builder.queryField('doctor', (t) =>
  t.field({
    type: DoctorReportRef,
    description: 'Checks every guarantee that can be checked from data, over a page of all runs. ADMIN only.',
    args: {
      first: t.arg.int({ description: 'Maximum number of runs: at most 500; default 50.' }),
      after: t.arg.string({ description: 'The cursor to continue from.' }),
    },
    complexity: pageCost,
    resolve: async (_, args, { commands, caller }) => {
      const { limit: first } = readPageSize(args)
      const after = args.after == null ? null : decodeCursor(LIST, args.after, placeSchema)[0]
      const report = await checkRuns(commands, caller, { first, after })
      throwRefused(report)
      return { ...report, isFirst: after === null }
    },
  }),
)
