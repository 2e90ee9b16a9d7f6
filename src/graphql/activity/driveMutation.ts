import { driveRun } from '../../commands/run/driveRun.ts'
import { COMMANDS, type StepName } from '../../lifecycle/run/commands.ts'
import { defineMutation, REPLAYED, RunSuccessRef } from '../answers/mutation.ts'
import { RunCommand } from '../enums/runEnums.ts'
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
import { PhaseRef, TakenStepRef } from '../kit/refs.ts'
import { runSuccessFields } from '../run/leaseMutations.ts'
import { SETTLING_STEPS } from '../run/runMutations.ts'
import { PHASE_STEPS, readPhase } from './phaseMutations.ts'

/** Maximum number of steps in one request. */
const MAX_STEPS = 20

const FIELDS = { ...PHASE_STEPS, ...SETTLING_STEPS }

/** The commands that are about a phase. */
const ABOUT_PHASE: ReadonlySet<StepName> = new Set<StepName>(['startPhase', 'advancePhase', 'failPhase'])

TakenStepRef.implement({
  description: 'A step of `driveRun` that was taken.',
  fields: (t) => ({
    command: t.field({
      type: RunCommand,
      description: 'What the owner asked for.',
      resolve: ({ command }) => COMMANDS[command].offeredAs,
    }),
    phase: t.field({
      type: PhaseRef,
      nullable: true,
      description:
        'The phase that it was about, in its current state; null if it was about the round or the run.',
      resolve: (step, _, context) =>
        ABOUT_PHASE.has(step.command) && !step.withheld ? readPhase(step, context) : null,
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
