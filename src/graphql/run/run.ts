import { actorOf } from '../../commands/kit/context.ts'
import { allowedCommands, isResumable, missing, nextAction } from '../../lifecycle/answers/derive.ts'
import { outcomeOfRun } from '../../lifecycle/run/outcome.ts'
import { currentPhaseOf } from '../../lifecycle/run/run.ts'
import { isFinalStatus, isSettledStatus } from '../../lifecycle/run/enums.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { builder } from '../kit/builder.ts'
import { pageCost, readPageSize } from '../kit/connection.ts'
import { findVisible, type GraphContext, assertVisible } from '../request/context.ts'
import { NextAction, Outcome, RunCommand, RunReason, RunStatus } from '../enums/runEnums.ts'
import { MissingEvidence } from '../answers/evidence.ts'
import { LeaseRef, NodeRef, PhaseRef, RunEventRef, RunRef, WorkflowRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

builder.objectType(RunRef, {
  description:
    'One execution of a workflow version. Of two answers about a run, the one with the greater (revision, asOf) is the later one.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `run_…`.', resolve: ({ run }) => run.id }),
    project: t.string({ description: 'The project it belongs to.', resolve: ({ run }) => run.project }),
    workflow: t.field({
      type: WorkflowRef,
      description: 'The workflow version it executes.',
      // a registered version never changes, so it is consistent with every snapshot
      resolve: ({ run }, _, { commands }) => commands.store.workflows.get(run.workflow.id),
    }),
    title: t.string({ nullable: true, description: 'What it is about.', resolve: ({ run }) => run.title }),
    status: t.field({ type: RunStatus, description: 'Where it stands.', resolve: ({ run }) => run.status }),
    reason: t.field({
      type: RunReason,
      nullable: true,
      description: 'Why it settled; null while active.',
      resolve: ({ run }) => run.reason,
    }),
    error: t.string({
      nullable: true,
      description: 'What went wrong, where it failed.',
      resolve: ({ run }) => run.error,
    }),
    isSettled: t.boolean({
      description: 'Whether it is COMPLETED, FAILED, CANCELLED or EXPIRED: final within its epoch.',
      resolve: ({ run }) => isSettledStatus(run.status),
    }),
    isFinal: t.boolean({
      description: 'Whether no command changes its status again.',
      resolve: ({ run }) => isFinalStatus(run.status),
    }),
    isResumable: t.boolean({
      description: 'Whether `resumeRun` would be accepted now.',
      resolve: (loaded, _, context) => isResumable(loaded.run, rulesOf(loaded, context)),
    }),
    allowedCommands: t.field({
      type: [RunCommand],
      description: 'What you may do with it now; for a driver, with the right fence.',
      resolve: (loaded, _, context) =>
        allowedCommands(loaded.run, rulesOf(loaded, context), actorOf(context.caller)),
    }),
    outcome: t.field({
      type: Outcome,
      nullable: true,
      description: 'What it came to; null while active.',
      resolve: ({ run }) => outcomeOfRun(run),
    }),
    cancelConfirmed: t.boolean({
      nullable: true,
      description: 'Whether the owner confirmed that its processes are gone; null unless CANCELLED.',
      resolve: ({ run }) => run.cancelConfirmed,
    }),
    nextAction: t.field({
      type: NextAction,
      description: 'What an agent should do next.',
      resolve: (loaded, _, context) => nextAction(loaded.run, rulesOf(loaded, context)),
    }),
    missingEvidence: t.field({
      type: [MissingEvidence],
      description: 'What stands between it and COMPLETED.',
      resolve: ({ run, ...rules }) => missing(run, rules),
    }),
    epoch: t.int({
      description: '1 at start; one more whenever a settled status is left.',
      resolve: ({ run }) => run.epoch,
    }),
    revision: t.int({
      description: 'Rises with every change of the run or of anything below it: the order of truth.',
      resolve: ({ run }) => run.revision,
    }),
    asOf: t.field({
      type: 'DateTime',
      description: "The database's clock when it was read, for what changes with time.",
      resolve: ({ now }) => now,
    }),
    round: t.int({ description: 'The present round.', resolve: ({ run }) => run.round }),
    currentPhase: t.field({
      type: PhaseRef,
      nullable: true,
      description: 'The phase it stands at.',
      resolve: ({ run, workflow }) => ({ runId: run.id, phase: currentPhaseOf(run), workflow }),
    }),
    phases: t.field({
      type: [PhaseRef],
      description: 'The phases of a round, in the order of the workflow.',
      args: { round: t.arg.int({ description: 'Which round; left out: the present one.' }) },
      extensions: statementCost(1, { onlyWith: 'round' }),
      resolve: (loaded, { round }, context) => phasesOf(loaded, round ?? loaded.run.round, context),
    }),
    events: t.field({
      type: [RunEventRef],
      description: 'Its log, from after a place.',
      args: {
        after: t.arg.int({
          defaultValue: 0,
          description: 'The `seq` to read on from; 0: from the beginning.',
        }),
        first: t.arg.int({ defaultValue: 100, description: 'How many, at most 500.' }),
      },
      complexity: pageCost,
      extensions: statementCost(1),
      resolve: async ({ run }, args, { reads }) => {
        const { limit: first } = readPageSize({ first: args.first ?? 100 })
        const after = Math.max(0, args.after ?? 0)
        // the log is append-only: up to the run's revision it never changes
        const events = await reads.events.load({ runId: run.id, after, upTo: run.revision, first })
        return events.map((event) => ({ ...event, runId: run.id }))
      },
    }),
    lease: t.field({
      type: LeaseRef,
      nullable: true,
      description: 'The claim on it, live or expired; null where nobody holds it.',
      resolve: ({ run, now }) => run.claim && { claim: run.claim, now },
    }),
    notBefore: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Nobody claims it before; null where it does not wait. A pause keeps it, a resume clears it.',
      resolve: ({ run }) => run.notBefore,
    }),
    waitsFor: t.string({
      nullable: true,
      description: 'What it waits for until then, in the words of its last owner.',
      resolve: ({ run }) => run.waitsFor,
    }),
    concurrencyKey: t.string({
      nullable: true,
      description: 'Among the active runs of a project only one has this key.',
      resolve: ({ run }) => run.concurrencyKey,
    }),
    labels: t.stringList({ description: 'Its labels.', resolve: ({ run }) => [...run.labels] }),
    input: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What it was started with.',
      resolve: ({ run }) => run.input,
    }),
    output: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What it was completed with.',
      resolve: ({ run }) => run.output,
    }),
    continues: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run that it takes up where that one ended; null also where that one was deleted.',
      extensions: statementCost(1),
      resolve: async ({ run }, _, context) =>
        run.continuesId === null
          ? null
          : assertVisible(await context.reads.run.load(run.continuesId), context),
    }),
    continuedBy: t.field({
      type: RunRef,
      nullable: true,
      description:
        'The run at the end of the chain that goes on from this one: resume or continue that one. Null where none continues it, or you may not see it.',
      extensions: statementCost(1),
      resolve: ({ continuedBy }, _, context) => findVisible(continuedBy, context),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was started.',
      resolve: ({ run }) => run.createdAt,
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was first claimed.',
      resolve: ({ run }) => run.startedAt,
    }),
    settledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it settled; null while active.',
      resolve: ({ run }) => run.settledAt,
    }),
    lastActivityAt: t.field({
      type: 'DateTime',
      description: 'When something last happened, a renewal of its lease included.',
      resolve: ({ run }) => run.lastActivityAt,
    }),
  }),
})

function rulesOf(
  { workflow, now, family, continuedBy }: LoadedRun,
  { commands: { settings } }: GraphContext,
) {
  return { workflow, settings, now, family, continuedBy }
}

async function phasesOf({ run, workflow }: LoadedRun, round: number, { reads }: GraphContext) {
  // a run returned by a command may contain the previous round, and a verified one every round
  const present = run.phases.filter((phase) => phase.round === round)
  const phases = round === run.round ? present : await reads.round.load({ runId: run.id, round })
  return phases.map((phase) => ({ runId: run.id, phase, workflow }))
}
