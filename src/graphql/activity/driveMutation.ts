import { driveRun } from '../../commands/activity/driveRun.ts'
import { STEP_COMMANDS, type StepName } from '../../lifecycle/run/commands.ts'
import { defineMutation, REPLAYED, RunSuccessRef } from '../answers/mutation.ts'
import { StepCommand } from '../enums/runEnums.ts'
import {
  defaulted,
  defineInput,
  defineOneOf,
  fence,
  flag,
  idempotencyKey,
  ifRevision,
  listed,
  nested,
  required,
  runId,
} from '../kit/input.ts'
import { ArtifactRef, ExecutionRef, PhaseRef, SessionRef, TakenStepRef } from '../kit/refs.ts'
import { runSuccessFields } from '../run/leaseMutations.ts'
import { SETTLING_STEPS } from '../run/runMutations.ts'
import { ARTIFACT_STEPS } from './artifactMutations.ts'
import { EXECUTION_STEPS } from './executionFields.ts'
import { PHASE_STEPS, readPhase } from './phaseMutations.ts'
import { SESSION_STEPS } from './sessionMutations.ts'

/** Maximum number of steps in one request. */
const MAX_STEPS = 20

const FIELDS = { ...PHASE_STEPS, ...SETTLING_STEPS, ...EXECUTION_STEPS, ...SESSION_STEPS, ...ARTIFACT_STEPS }

/** The commands that are about a phase. */
const ABOUT_PHASE: ReadonlySet<StepName> = new Set<StepName>(['startPhase', 'advancePhase', 'failPhase'])

TakenStepRef.implement({
  description: 'A step of `driveRun` that was taken.',
  fields: (t) => ({
    command: t.field({
      type: StepCommand,
      description: 'What the owner asked for.',
      resolve: ({ command }) => STEP_COMMANDS[command],
    }),
    phase: t.field({
      type: PhaseRef,
      nullable: true,
      description:
        'The phase that it started, moved to or failed, in its current state; null if it was about something else.',
      resolve: (step, _, context) =>
        ABOUT_PHASE.has(step.command) && !step.withheld ? readPhase(step, context) : null,
    }),
    execution: t.field({
      type: ExecutionRef,
      nullable: true,
      description: 'The process that it recorded; null if it was about none.',
      resolve: ({ execution }) => execution ?? null,
    }),
    session: t.field({
      type: SessionRef,
      nullable: true,
      description: 'The session that it was about; null if it was about none.',
      resolve: ({ run: { run }, session }) => (session ? { runId: run.id, session } : null),
    }),
    artifact: t.field({
      type: ArtifactRef,
      nullable: true,
      description: 'The artifact that it submitted; null if it submitted none.',
      resolve: ({ run: { run }, artifact }) => (artifact ? { runId: run.id, artifact } : null),
    }),
    hasChanged: t.exposeBoolean('changed', { description: 'False if there was nothing to change.' }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

const stepOf = <N extends StepName>(name: N, description: string) => {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  return nested(
    defineInput(`${title}Step`, `The fields of \`${name}\` as a step.`, FIELDS[name]),
    description,
  )
}

const RunStep = defineOneOf('RunStep', 'One step of `driveRun`: exactly one command.', {
  startPhase: stepOf('startPhase', 'Starts an attempt of the current phase.'),
  advancePhase: stepOf('advancePhase', 'Moves on to another phase, or opens the next round.'),
  failPhase: stepOf('failPhase', 'Records that the attempt of the current phase failed.'),
  completeRound: stepOf('completeRound', 'Completes the current round.'),
  completeRun: stepOf('completeRun', 'Settles the run as COMPLETED; nothing can follow it.'),
  failRun: stepOf('failRun', 'Settles the run as FAILED; nothing can follow it.'),
  startExecution: stepOf('startExecution', 'Records a launched process.'),
  finishExecution: stepOf('finishExecution', 'Records the end of a process that this claim has started.'),
  openSession: stepOf('openSession', 'Opens the session of a role, or keeps the handle of the live one.'),
  updateSession: stepOf('updateSession', 'Tells what the agent does from now on.'),
  recordPrompt: stepOf('recordPrompt', 'Records a prompt before or after it is sent.'),
  submitArtifact: stepOf(
    'submitArtifact',
    'Submits a file of the current phase. An invalid one is no refusal.',
  ),
})

defineMutation('driveRun', {
  description:
    'Takes several commands of an owner in one decision and one write, each as it would be taken if it came alone after the one before. Others see the run before all of them or after.',
  input: defineInput('DriveRunInput', 'Steps of one run.', {
    runId,
    steps: required(listed(RunStep, MAX_STEPS, `The commands in their order, 1 to ${MAX_STEPS}.`)),
    fence,
    isAtomic: defaulted(
      flag('Whether all are taken or none; otherwise those before the first refusal are taken.'),
      true,
    ),
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => driveRun(commands, caller, input),
  success: (t) => {
    const { run, isReplayed } = runSuccessFields(t)
    const steps = t.field({
      type: [TakenStepRef],
      description: 'Each step as it was taken, in the order of the request.',
      resolve: ({ steps: taken }) => [...taken],
    })
    return { run, steps, isReplayed }
  },
  interfaces: [RunSuccessRef],
})
