import { actorOf } from '../../commands/kit/context.ts'
import { ContentRemovalRef, toContentRemoval } from './contentRemoval.ts'
import { allowedCommands, isResumable, missing, nextAction } from '../../lifecycle/answers/derive.ts'
import { outcomeOfRun } from '../../lifecycle/run/outcome.ts'
import { currentPhaseOf } from '../../lifecycle/run/run.ts'
import { isFinalStatus, isSettledStatus } from '../../lifecycle/run/enums.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { builder } from '../kit/builder.ts'
import { FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { findVisible, type GraphContext, assertVisible } from '../request/context.ts'
import { NextAction, Outcome, RunCommand, RunReason, RunStatus } from '../enums/runEnums.ts'
import { MissingEvidence } from '../answers/evidence.ts'
import { NUMBERED, readNumberedPage } from '../kit/numberedLists.ts'
import { LeaseRef, NodeRef, PhaseRef, RunRef, WorkflowRef } from '../kit/refs.ts'
import { readEvents, RunEventConnection } from './event.ts'
import { statementCost } from '../request/statementCost.ts'

builder.objectType(RunRef, {
  description:
    'One execution of a workflow version. Of two answers about a run, the one with the greater (revision, asOf) is the later one.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'What names it in every answer and command, `run_…`; ids sort by creation.',
      resolve: ({ run }) => run.id,
    }),
    project: t.string({ description: 'The project it belongs to.', resolve: ({ run }) => run.project }),
    workflow: t.field({
      type: WorkflowRef,
      description: 'The workflow version it executes.',
      // a registered version never changes, so it is consistent with every snapshot
      resolve: ({ run }, _, { commands }) => commands.store.workflows.get(run.workflow.id),
    }),
    title: t.string({
      nullable: true,
      description: 'One line that people know it by; null: it was started without one.',
      resolve: ({ run }) => run.title,
    }),
    status: t.field({
      type: RunStatus,
      description: 'The current status.',
      resolve: ({ run }) => run.status,
    }),
    reason: t.field({
      type: RunReason,
      nullable: true,
      description: 'Why it settled; null while active.',
      resolve: ({ run }) => run.reason,
    }),
    error: t.string({
      nullable: true,
      description: 'The error, if it failed.',
      resolve: ({ run }) => run.error,
    }),
    contentRemoval: t.field({
      type: ContentRemovalRef,
      nullable: true,
      description: 'When its content was removed, and by whom; null: it was not.',
      resolve: ({ run }) => toContentRemoval(run),
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
      description: 'The commands that you may send now; driving commands need the current fence.',
      resolve: (loaded, _, context) =>
        allowedCommands(loaded.run, rulesOf(loaded, context), actorOf(context.caller)),
    }),
    outcome: t.field({
      type: Outcome,
      nullable: true,
      description: 'Its outcome; null while active.',
      resolve: ({ run }) => outcomeOfRun(run),
    }),
    isCancelConfirmed: t.boolean({
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
      description: 'The evidence it lacks for COMPLETED.',
      resolve: ({ run, ...rules }) => missing(run, rules),
    }),
    epoch: t.int({
      description: '1 at the start; incremented by each resume of a settled run.',
      resolve: ({ run }) => run.epoch,
    }),
    revision: t.int({
      description:
        'Incremented by every change of the run or of what belongs to it; a higher revision is newer.',
      resolve: ({ run }) => run.revision,
    }),
    asOf: t.field({
      type: 'DateTime',
      description: "The database's clock when it was read, for what changes with time.",
      resolve: ({ now }) => now,
    }),
    round: t.int({ description: 'The current round.', resolve: ({ run }) => run.round }),
    currentPhase: t.field({
      type: PhaseRef,
      nullable: true,
      description: 'The phase that the run is at, in its round; a settled run stays at its last one.',
      resolve: ({ run, workflow }) => ({ runId: run.id, phase: currentPhaseOf(run), workflow }),
    }),
    phases: t.field({
      type: [PhaseRef],
      description: 'The phases of a round, in the order of the workflow.',
      args: { round: t.arg.int({ description: 'The round; if absent, the current one.' }) },
      extensions: statementCost(1, { onlyWith: 'round' }),
      resolve: (loaded, { round }, context) => phasesOf(loaded, round ?? loaded.run.round, context),
    }),
    events: t.field({
      type: RunEventConnection,
      description: `Its log up to its revision, in the order of what happened. ${NUMBERED}`,
      args: FROM_EITHER_END,
      complexity: pageCost,
      extensions: statementCost(1),
      // the log is append-only: up to the run's revision it never changes
      resolve: ({ run }, args, { reads }) => readEvents(run, readNumberedPage(args), reads),
    }),
    lease: t.field({
      type: LeaseRef,
      nullable: true,
      description: 'The claim on it, live or expired; null where nobody holds it.',
      resolve: ({ run, now }) => run.claim && { claim: run.claim, now },
    }),
    claimableAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'It cannot be claimed before this time; null: no delay. A pause keeps it, a resume clears it.',
      resolve: ({ run }) => run.notBefore,
    }),
    waitsFor: t.string({
      nullable: true,
      description: 'What it waits for until then, as described by its last owner.',
      resolve: ({ run }) => run.waitsFor,
    }),
    concurrencyKey: t.string({
      nullable: true,
      description: 'At most one active run of a project has this key.',
      resolve: ({ run }) => run.concurrencyKey,
    }),
    labels: t.stringList({
      description: 'Words to find it by, as it was started with; empty: none.',
      resolve: ({ run }) => [...run.labels],
    }),
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
      description: 'The run that it continues; null also if that was deleted.',
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
        'The run at the end of the chain that continues this one; resume or continue that one. Null if none does, or you may not see it.',
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
      description: 'When it last changed or its lease was renewed.',
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
