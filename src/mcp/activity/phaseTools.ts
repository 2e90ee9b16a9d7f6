import { z } from 'zod'
import { answerResult } from '../kit/answer.ts'
import { describePosition, sayPosition } from '../kit/describeState.ts'
import { phaseSchema, positionResult } from '../kit/schemas.ts'
import { defineAgentTool } from '../kit/tool.ts'

/** Starts the current phase. */
export const startPhase = defineAgentTool({
  name: 'pawl_phase_start',
  title: 'Start the phase',
  description:
    'Starts the current phase before you work on it, or starts it again after a failed attempt. A worker has started it already in most runs: look with pawl_state.',
  hints: {},
  input: z.strictObject({
    phase: phaseSchema,
    repair: z.boolean().optional().describe('Begin another attempt of a phase in progress. Default: false.'),
    because: z.string().min(1).max(1_000).optional().describe('Why another attempt is needed.'),
  }),
  result: positionResult,
  async perform({ pawl, runId, call }, { phase, repair, because }) {
    const fields = { isRepair: repair, because }
    const result = await pawl.phases.start(runId, phase, { ...fields, ...call })
    return answerResult(result, ({ run }) => ({ say: sayPosition(run), result: describePosition(run) }))
  },
})

/** Completes the current phase and starts the next. */
export const advancePhase = defineAgentTool({
  name: 'pawl_phase_advance',
  title: 'Go on to the next phase',
  description:
    'Ends the current phase and moves the run to a phase that may follow it. Refused, with what is missing, while the file or the approval of the current phase is.',
  hints: {},
  input: z.strictObject({
    to: phaseSchema.describe('Key of the next phase, one of `mayFollow` in pawl_state.'),
  }),
  result: positionResult,
  async perform({ pawl, runId, call }, { to }) {
    const result = await pawl.phases.advance(runId, to, call)
    return answerResult(result, ({ run }) => ({ say: sayPosition(run), result: describePosition(run) }))
  },
})
