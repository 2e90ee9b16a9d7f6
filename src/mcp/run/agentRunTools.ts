import type { JsonValue } from '@pawl/sdk'
import { z } from 'zod'
import { answerResult } from '../kit/answer.ts'
import { describePosition, describeState, sayPosition } from '../kit/describeState.ts'
import { nameAgentTool } from '../kit/nameTool.ts'
import { readRun } from '../kit/readRun.ts'
import { jsonSchema, positionResult, stateResult } from '../kit/schemas.ts'
import { defineAgentTool } from '../kit/tool.ts'
import { listWaiting, messageResult } from '../kit/waitingMessages.ts'

/** Where the run stands, and what its agent is told. */
export const state = defineAgentTool({
  name: 'pawl_state',
  title: 'Where am I?',
  description:
    'Shows the run you work on: its phase and what that has to produce, what is missing, which phases may follow, what to do next, and messages from people. Call it first, and whenever you are unsure.',
  hints: { isReadOnly: true },
  input: z.strictObject({}),
  result: stateResult.extend({
    messages: z.array(messageResult).describe('Messages from people that you have not acknowledged.'),
    input: z.unknown().describe('What the run was started with.'),
  }),
  async perform({ pawl, runId, call }) {
    const run = await readRun(pawl, runId, call)
    const [described, messages] = await Promise.all([
      describeState(pawl, run, nameAgentTool, call),
      listWaiting(pawl, runId, call),
    ])
    const { say, tool } = described.next
    const sentences = [
      sayPosition(run),
      `Next: ${say}${tool === null ? '' : ` (${tool})`}.`,
      ...described.missingEvidence.map(({ detail }) => `Missing: ${detail}.`),
      ...(messages.length > 0 ? [`${messages.length} message(s) wait for you: see pawl_messages.`] : []),
    ]
    return { say: sentences.join(' '), result: { ...described, messages } }
  },
})

/** Completes the run. */
export const complete = defineAgentTool({
  name: 'pawl_run_complete',
  title: 'Complete the run',
  description:
    'Ends the run as completed. Refused, with what is missing, unless the server has all evidence. Call it once, when all work is done.',
  hints: { isDestructive: true, isIdempotent: true },
  input: z.strictObject({ output: jsonSchema.optional().describe('The result of the run, any JSON.') }),
  result: z.object({ runId: z.string(), isCompleted: z.boolean(), hasChanged: z.boolean() }),
  async perform({ pawl, runId, call }, { output }) {
    const result = await pawl.runs.complete(runId, { output: output as JsonValue | undefined, ...call })
    return answerResult(result, ({ hasChanged }) => ({
      say: hasChanged
        ? 'The run is completed: stop working.'
        : 'The run was completed already: stop working.',
      result: { runId, isCompleted: true, hasChanged },
    }))
  },
})

/** Fails the run. */
export const fail = defineAgentTool({
  name: 'pawl_run_fail',
  title: 'Give the run up',
  description:
    'Ends the run as failed, with the reason. Only when its goal cannot be reached; a failed command or an invalid file is no such reason.',
  hints: { isDestructive: true },
  input: z.strictObject({
    error: z.string().min(1).max(8_000).describe('Why the goal cannot be reached, for people.'),
  }),
  result: z.object({ runId: z.string(), isFailed: z.boolean() }),
  async perform({ pawl, runId, call }, { error }) {
    const result = await pawl.runs.fail(runId, { error, reason: 'REPORTED_FAILURE', ...call })
    return answerResult(result, () => ({
      say: 'The run is failed: stop working.',
      result: { runId, isFailed: true },
    }))
  },
})

/** Completes the round. */
export const completeRound = defineAgentTool({
  name: 'pawl_round_complete',
  title: 'Complete the round',
  description:
    'Completes the current pass through the phases, where the workflow has several. Refused, with what is missing, unless its phases are done.',
  hints: { isIdempotent: true },
  input: z.strictObject({ summary: jsonSchema.optional().describe('A summary of the round, any JSON.') }),
  result: positionResult,
  async perform({ pawl, runId, call }, { summary }) {
    const result = await pawl.rounds.complete(runId, { summary: summary as JsonValue | undefined, ...call })
    return answerResult(result, ({ run, round }) => ({
      say: `Round ${round} is complete. ${sayPosition(run)}`,
      result: describePosition(run),
    }))
  },
})
