import { z } from 'zod'
import { isId } from '../../commands/kit/ids.ts'
import { tailDirectives } from '../../events/tailDirectives.ts'
import { tailEvents } from '../../events/tailEvents.ts'
import { type RunsChange, tailRuns } from '../../events/tailRuns.ts'
import { tailStatus } from '../../events/tailStatus.ts'
import { isFinalStatus, isSettledStatus } from '../../lifecycle/run/enums.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { builder, enumOf } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { atSnapshot, refuseAgents, type RequestContext, assertVisible } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { DirectiveRef, toDirective } from './directive.ts'
import { RunReason, RunStatus } from '../enums/runEnums.ts'
import { failWith, toStreamError } from '../request/errors.ts'
import { defineInput, name, names } from '../kit/input.ts'
import { RunEventRef, RunRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const RunFrame = builder.objectRef<LoadedRun>('RunFrame').implement({
  description: 'How a run stands. Frames never go back; what was overtaken may be left out.',
  fields: (t) => ({
    runId: t.id({ description: 'The run.', resolve: ({ run }) => run.id }),
    status: t.field({ type: RunStatus, description: 'Its status.', resolve: ({ run }) => run.status }),
    reason: t.field({
      type: RunReason,
      nullable: true,
      description: 'Why it settled; null while active.',
      resolve: ({ run }) => run.reason,
    }),
    phase: t.string({
      nullable: true,
      description: 'Key of the phase it stands at.',
      resolve: ({ run }) => run.currentPhase,
    }),
    epoch: t.int({ description: 'Its epoch.', resolve: ({ run }) => run.epoch }),
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
      description: 'The run itself; null where it was deleted meanwhile.',
      extensions: statementCost(1),
      resolve: (frame, _, context) => atSnapshot(frame, context),
    }),
  }),
})

const CHANGE_KINDS = ['UPSERTED', 'DELETED'] as const satisfies RunsChange['kind'][]

const RunsChangeKind = enumOf('RunsChangeKind', CHANGE_KINDS, 'What became of a run.', {
  UPSERTED: 'It is there, new or changed.',
  DELETED: 'It is gone, and never comes back.',
})

const RunsChangeRef = builder.objectRef<RunsChange>('RunsChange').implement({
  description: 'A run that changed or is gone. One may be told of twice, none is left out.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'For `after`, to go on from here.' }),
    kind: t.expose('kind', { type: RunsChangeKind, description: 'What became of it.' }),
    runId: t.exposeID('runId', { description: 'The run.' }),
    revision: t.exposeInt('revision', {
      description: 'Its revision; of a deleted one, greater than any it had.',
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run as it is; null for a deleted one.',
      extensions: statementCost(1),
      resolve: ({ run }, _, context) => run && atSnapshot(run, context),
    }),
  }),
})

const RunsFeedFilter = defineInput(
  'RunsFeedFilter',
  'Which runs to follow, by what never changes in a run, so that none leaves the feed silently.',
  {
    project: name('Of this project.'),
    workflow: name('Of the workflow with this name, whatever its version.'),
    labels: names('Carrying all of these labels.'),
  },
)

const filterSchema = z.object({ filter: RunsFeedFilter.schema.nullish() })

/** @throws INVALID_ID, RUN_NOT_FOUND or FORBIDDEN if the run can't be followed */
async function checkFollowed(runId: string, context: RequestContext): Promise<void> {
  if (!isId('run', runId)) throw failWith('INVALID_ID', 'This is no id of a run: it would begin with run_.')
  const { store } = context.commands
  const [loaded] = await loadRuns(store.pool, store, [runId])
  if (!loaded) throw failWith('RUN_NOT_FOUND', `There is no run ${runId}.`)
  assertVisible(loaded, context)
}

const runId = { required: true, description: 'The run.' } as const
const untilSettled = {
  defaultValue: false,
  description:
    'Ends the stream when the run is settled, though it might be resumed; else only when it is final.',
} as const

builder.subscriptionFields((t) => ({
  runStatus: t.field({
    type: RunFrame,
    description: 'How a run stands: the present first, then after each change. Ends when it is final.',
    args: {
      runId: t.arg.id(runId),
      after: t.arg.int({ description: 'The revision you have: only later ones are told.' }),
      untilSettled: t.arg.boolean(untilSettled),
    },
    subscribe: async (_, args, context) => {
      await checkFollowed(args.runId, context)
      return tailStatus(context.streams, {
        runId: args.runId,
        after: args.after ?? 0,
        untilSettled: args.untilSettled ?? false,
      })
    },
    resolve: (frame) => frame,
  }),
  runEvents: t.field({
    type: RunEventRef,
    description:
      'Every event of a run after a cursor, once and in order; ends after the last one of a final run.',
    args: {
      runId: t.arg.id(runId),
      after: t.arg.int({ defaultValue: 0, description: 'The `seq` you have; 0: from the beginning.' }),
      untilSettled: t.arg.boolean(untilSettled),
    },
    subscribe: async (_, args, context) => {
      await checkFollowed(args.runId, context)
      return tailEvents(context.streams, {
        runId: args.runId,
        after: Math.max(0, args.after ?? 0),
        untilSettled: args.untilSettled ?? false,
      })
    },
    resolve: (event) => event,
  }),
  runsChanged: t.field({
    type: RunsChangeRef,
    description:
      'The feed across runs: each that changes, as it is then. Goes on from the `feedCursor` of a list; does not end by itself. An error of code CURSOR_EXPIRED says: list again.',
    args: {
      filter: t.arg({ type: RunsFeedFilter.ref, description: 'Which runs; left out: all that you may see.' }),
      after: t.arg.string({ description: 'The cursor to go on from; left out: from now.' }),
    },
    subscribe: async (_, args, context) => {
      refuseAgents(context)
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
  directives: t.field({
    type: DirectiveRef,
    description:
      'What the owner of a claim is told: how it stands, then every change, and each message once. Ends with STOP or LEASE_LOST.',
    args: {
      runId: t.arg.id(runId),
      fence: t.arg.int({ required: true, description: 'The number of your claim.' }),
    },
    subscribe: async (_, args, context) => {
      await checkFollowed(args.runId, context)
      return tailDirectives(context.streams, args)
    },
    resolve: (directive, args) => toDirective(args.runId, directive),
  }),
}))
