import { z } from 'zod'
import { checkProject, checkRole } from '../../commands/kit/authorize.ts'
import { tailDirectives } from '../../events/tailDirectives.ts'
import { tailEvents } from '../../events/tailEvents.ts'
import { type RunsChange, tailRuns } from '../../events/tailRuns.ts'
import { tailStatus } from '../../events/tailStatus.ts'
import { isFinalStatus, isSettledStatus } from '../../lifecycle/run/enums.ts'
import { readPresent } from '../../events/streams.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { builder, enumOf } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { atSnapshot, refuseLimitedToRun, type RequestContext, assertVisible } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { DirectiveRef, toDirective } from './directive.ts'
import { RunReason, RunStatus } from '../enums/runEnums.ts'
import { failWith, toStreamError } from '../request/errors.ts'
import { defineInput, name, names, toLookedUp } from '../kit/input.ts'
import { RunEventRef, RunRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const RunFrame = builder.objectRef<LoadedRun>('RunFrame').implement({
  description:
    'The state of a run at one moment. Frames never go back in revision; a superseded one may be skipped.',
  fields: (t) => ({
    runId: t.id({ description: 'The run that it is a state of, `run_…`.', resolve: ({ run }) => run.id }),
    status: t.field({
      type: RunStatus,
      description: 'The status at that moment.',
      resolve: ({ run }) => run.status,
    }),
    reason: t.field({
      type: RunReason,
      nullable: true,
      description: 'Why it settled; null while active.',
      resolve: ({ run }) => run.reason,
    }),
    phase: t.string({
      nullable: true,
      description: 'Key of the current phase.',
      resolve: ({ run }) => run.currentPhase,
    }),
    epoch: t.int({
      description: '1 at the start; incremented by each resume of a settled run.',
      resolve: ({ run }) => run.epoch,
    }),
    revision: t.int({
      description: 'Its revision: the cursor of this stream.',
      resolve: ({ run }) => run.revision,
    }),
    asOf: t.field({
      type: 'DateTime',
      description: "The database's clock when it was read.",
      resolve: ({ now }) => now,
    }),
    isSettled: t.boolean({
      description: 'Whether it is settled.',
      resolve: ({ run }) => isSettledStatus(run.status),
    }),
    isFinal: t.boolean({
      description: 'Whether no command changes its status again.',
      resolve: ({ run }) => isFinalStatus(run.status),
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run; null if it was deleted in the meantime.',
      extensions: statementCost(1),
      resolve: (frame, _, context) => atSnapshot(frame, context),
    }),
  }),
})

const CHANGE_KINDS = ['UPSERTED', 'DELETED'] as const satisfies RunsChange['kind'][]

const RunsChangeKind = enumOf(
  'RunsChangeKind',
  CHANGE_KINDS,
  'Whether a run is still there after its change.',
  {
    UPSERTED: 'Created or changed.',
    DELETED: 'Deleted. Final.',
  },
)

const RunsChangeRef = builder.objectRef<RunsChange>('RunsChange').implement({
  description: 'A change of a run. A change may be delivered twice, but none is skipped.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'For `after`, to continue from here.' }),
    kind: t.expose('kind', { type: RunsChangeKind, description: 'What became of it.' }),
    runId: t.exposeID('runId', { description: 'The run that changed, `run_…`; also of one that is gone.' }),
    revision: t.exposeInt('revision', {
      description: 'Its revision; of a deleted one, greater than any it had.',
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The current run; null if it was deleted.',
      extensions: statementCost(1),
      resolve: ({ run }, _, context) => run && atSnapshot(run, context),
    }),
  }),
})

const RunsFeedFilter = defineInput(
  'RunsFeedFilter',
  'Which runs to follow. Only fields that never change in a run, so that a run cannot leave the feed unnoticed.',
  {
    project: name('In this project only.'),
    workflow: name('Of the workflow with this name, in any version.'),
    labels: names('Carrying all of these labels.'),
  },
)

const filterSchema = z.object({ filter: RunsFeedFilter.schema.nullish() })

const RunOfferRef = builder.objectRef<string>('RunOffer').implement({
  description: 'A run that can be claimed. It is no promise: the claim decides who gets it.',
  fields: (t) => ({
    runId: t.id({ description: 'The run that is offered, `run_…`.', resolve: (offered) => offered }),
  }),
})

const RunOfferFilter = defineInput('RunOfferFilter', 'Which runs to wait for, as a claim names them.', {
  workflows: names('Only runs of these workflows; if absent, of any.'),
  labels: names('Only runs that carry all of these labels.'),
  project: name('Only runs of this project; if absent, of any that you may see.'),
})

const offersSchema = z.object({ filter: RunOfferFilter.schema.nullish() })

/** @throws RUN_NOT_FOUND or FORBIDDEN if the run can't be followed */
async function checkFollowed(runId: string, context: RequestContext): Promise<void> {
  const id = toLookedUp(runId)
  const loaded = await readPresent(context.streams, id)
  if (!loaded) throw failWith('RUN_NOT_FOUND', `There is no run ${id}.`)
  assertVisible(loaded, context)
}

const runId = {
  required: true,
  description: 'The run to follow, `run_…`; RUN_NOT_FOUND if there is none.',
} as const
const STREAM_ENDS = ['FINAL', 'SETTLED'] as const
const RunStreamEnd = enumOf('RunStreamEnd', STREAM_ENDS, 'Until when a run is followed.', {
  FINAL: 'Until no command changes its status again.',
  SETTLED: 'Until it is settled, although it might be resumed.',
})
const until = {
  type: RunStreamEnd,
  required: true,
  defaultValue: 'FINAL',
  description: 'Whether the stream also follows a settled run that might be resumed.',
} as const

builder.subscriptionFields((t) => ({
  runChanged: t.field({
    type: RunFrame,
    description:
      'The state of a run: the current one first, then after each change, until the run is final or settled.',
    args: {
      runId: t.arg.id(runId),
      after: t.arg.int({ description: 'The last revision that you have: only later ones are sent.' }),
      until: t.arg(until),
    },
    subscribe: async (_, args, context) => {
      await checkFollowed(args.runId, context)
      return tailStatus(context.streams, {
        runId: args.runId,
        after: args.after ?? 0,
        untilSettled: args.until === 'SETTLED',
      })
    },
    resolve: (frame) => frame,
  }),
  runEventAppended: t.field({
    type: RunEventRef,
    description:
      'Every event of a run after a cursor, once and in order; ends after the last one of a run that is final or settled.',
    args: {
      runId: t.arg.id(runId),
      after: t.arg.int({
        defaultValue: 0,
        description: 'The last `seq` that you have; 0: from the beginning.',
      }),
      until: t.arg(until),
    },
    subscribe: async (_, args, context) => {
      await checkFollowed(args.runId, context)
      return tailEvents(context.streams, {
        runId: args.runId,
        after: Math.max(0, args.after ?? 0),
        untilSettled: args.until === 'SETTLED',
      })
    },
    resolve: (event) => event,
  }),
  runsChanged: t.field({
    type: RunsChangeRef,
    description:
      'The feed of changes across runs, each with the changed run. Continues from the `feedCursor` of a list and does not end by itself. On an error with code CURSOR_EXPIRED, list again.',
    args: {
      filter: t.arg({ type: RunsFeedFilter.ref, description: 'Which runs; left out: all that you may see.' }),
      after: t.arg.string({ description: 'The cursor to continue from; if absent, from now.' }),
    },
    subscribe: async (_, args, context) => {
      refuseLimitedToRun(context)
      const { filter } = checkArgs(filterSchema, args)
      const { projects } = visibilityOf(context.caller)
      try {
        return await tailRuns(context.streams, { filter: filter ?? {}, projects, after: args.after })
      } catch (error) {
        throw toStreamError(error)
      }
    },
    resolve: (change) => change,
  }),
  runOffered: t.field({
    type: RunOfferRef,
    description:
      'Runs that can be claimed, for workers that wait for one. A server offers each to one of those that wait for it, in turn, and after a second, if nobody has claimed it, to the next: keep the subscription only while you could claim. Does not end by itself.',
    args: {
      filter: t.arg({
        type: RunOfferFilter.ref,
        description: 'Which runs; left out: all that you may claim.',
      }),
    },
    subscribe: (_, args, context) => {
      refuseLimitedToRun(context)
      const { filter } = checkArgs(offersSchema, args)
      const { caller, streams } = context
      const project = filter?.project ?? null
      const refused =
        checkRole(caller, 'claimRun') ?? (project === null ? undefined : checkProject(caller, project))
      if (refused) throw failWith('FORBIDDEN', refused.problem.message)
      const { projects } = visibilityOf(caller)
      return streams.offers.wait({
        workflows: filter?.workflows ?? null,
        labels: filter?.labels ?? [],
        projects: project === null ? projects : [project],
      })
    },
    resolve: (offered) => offered,
  }),
  directiveIssued: t.field({
    type: DirectiveRef,
    description:
      'The directives to the owner of a claim: the current one, then every change, and each message once. Ends with STOP or LEASE_LOST.',
    args: {
      runId: t.arg.id(runId),
      fence: t.arg.int({ required: true, description: 'The fence of your claim.' }),
    },
    subscribe: async (_, args, context) => {
      await checkFollowed(args.runId, context)
      return tailDirectives(context.streams, args)
    },
    resolve: (directive, args) => toDirective(args.runId, directive),
  }),
}))
