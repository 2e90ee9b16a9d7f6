import type { ObjectFieldBuilder } from '@pothos/core'
import type { RunSuccess } from '../../commands/kit/answers.ts'
import { failPhase } from '../../commands/run/runCommands.ts'
import type { RunEvent } from '../../lifecycle/run/events.ts'
import { currentPhaseOf } from '../../lifecycle/run/run.ts'
import { ERROR_CLASSES } from '../../lifecycle/run/enums.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import type { GraphContext } from '../request/context.ts'
import { ErrorClass } from '../enums/runEnums.ts'
import { findPhaseOf } from './execution.ts'
import {
  defaulted,
  defineInput,
  fence,
  flag,
  id,
  idempotencyKey,
  ifRevision,
  json,
  name,
  required,
  nested,
  oneOf,
  runId,
  seconds,
  text,
  nonEmptyText,
} from '../kit/input.ts'
import { runSuccessFields } from '../run/leaseMutations.ts'
import { defineMutation, defineRunMutation, RunSuccessRef } from '../answers/mutation.ts'
import { PhaseRef } from '../kit/refs.ts'

const phaseSuccessFields = (t: ObjectFieldBuilder<SchemaTypes, RunSuccess>) => {
  const { run, isReplayed } = runSuccessFields(t)
  const phase = t.field({
    type: PhaseRef,
    description: 'The phase that the command was about, in its current state.',
    resolve: async (answer, _, context) => {
      const found = await readPhase(answer, context)
      if (!found) throw new Error(`a phase of ${answer.run.run.id} is gone`)
      return found
    },
  })
  return { run, phase, isReplayed }
}

/** Returns the phase that a command was about, or where the run is: by the time of a replay, the run may be at another phase or round. */
export function readPhase({ run, event }: RunSuccess, context: GraphContext) {
  return findPhaseOf(run, phaseOf(event) ?? currentPhaseOf(run.run).id, context)
}

function phaseOf(event: RunEvent | null): string | undefined {
  switch (event?.type) {
    case 'phase.started':
    case 'phase.completed':
    case 'phase.failed':
      return event.payload.id
    case 'approval.requested':
      return event.payload.phaseId ?? undefined
    case 'round.opened':
      return event.payload.phases.find(({ key }) => key === event.payload.initialPhase)?.id
    default:
      return undefined
  }
}

const phaseKey = required(name('Key of the phase.'))

const PhaseErrorInput = defineInput('PhaseErrorInput', 'Why a phase failed.', {
  class: required(oneOf(ErrorClass, ERROR_CLASSES, 'How to handle it.')),
  code: required(name('A short code, for programs.', 100)),
  message: required(nonEmptyText(10_000, 'What went wrong.')),
  hint: text(10_000, 'A hint for a person.'),
})

const RecoveryInput = defineInput('RecoveryInput', 'A question about how to continue after a failure.', {
  gate: required(name('Name of the gate.')),
  question: required(nonEmptyText(10_000, 'What the person is asked.')),
  payload: json('What is shown with the question.'),
  sessionId: id('The live session that needs a person; it becomes FAILED_NEEDS_HUMAN.'),
  expiresInSeconds: seconds('Seconds until the question expires; it can still be answered afterwards.'),
})

/** What each command about a phase or a round says, besides the run that it is about. */
export const PHASE_STEPS = {
  startPhase: {
    phase: phaseKey,
    isRepair: defaulted(flag('Starts a repair attempt while an attempt is under way.'), false),
    because: text(10_000, 'Why it is repaired; kept in the log.'),
  },
  advancePhase: { to: required(name('Key of the phase to move to.')) },
  failPhase: {
    phase: phaseKey,
    error: required(nested(PhaseErrorInput, 'What went wrong, and what is to be done about it.')),
    recovery: nested(RecoveryInput, 'Asks a person how to continue, in the same step.'),
  },
  completeRound: { summary: json('A summary of the round: any JSON, kept in the log.') },
}

defineRunMutation('advancePhase', {
  description:
    'Moves a run to another phase and completes the one it leaves. A move to the initial phase after a completed round opens the next round.',
  input: defineInput('AdvancePhaseInput', 'Which phase a run moves to.', {
    runId,
    ...PHASE_STEPS.advancePhase,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  success: phaseSuccessFields,
})

defineRunMutation('startPhase', {
  description: 'Starts an attempt of the current phase.',
  input: defineInput(
    'StartPhaseInput',
    'Which phase is attempted, and whether that mends an earlier result.',
    {
      runId,
      ...PHASE_STEPS.startPhase,
      fence,
      ifRevision,
      idempotencyKey,
    },
  ),
  success: phaseSuccessFields,
})

defineMutation('failPhase', {
  description:
    'Records that the attempt of the current phase failed; the phase may be started again. With a recovery, a person is asked first, and the run is PAUSED until then.',
  input: defineInput(
    'FailPhaseInput',
    'What went wrong in an attempt, and whether a person is asked how to continue.',
    {
      runId,
      ...PHASE_STEPS.failPhase,
      fence,
      ifRevision,
      idempotencyKey,
    },
  ),
  run: ({ commands, caller }, input) => failPhase(commands, caller, input),
  success: phaseSuccessFields,
  interfaces: [RunSuccessRef],
})

defineRunMutation('completeRound', {
  description: 'Completes the current round. Repeating it changes nothing.',
  input: defineInput('CompleteRoundInput', 'The end of a round.', {
    runId,
    ...PHASE_STEPS.completeRound,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  success: (t) => {
    const { run, isReplayed } = runSuccessFields(t)
    return {
      run,
      round: t.int({
        description: 'The number of the round, from 1, whose work is done.',
        resolve: ({ event, run: after }) =>
          event?.type === 'round.completed' ? event.payload.round : after.run.completedRound,
      }),
      hasChanged: t.exposeBoolean('changed', { description: 'False if it was already complete.' }),
      isReplayed,
    }
  },
})
