import type { Approval, JsonValue } from '@pawl/sdk'
import { z } from 'zod'
import { declaredQuestion } from '../../advice/declaredQuestion.ts'
import { answerResult } from '../kit/answer.ts'
import { jsonSchema } from '../kit/schemas.ts'
import { defineAgentTool, defineOperatorTool } from '../kit/tool.ts'
import { decisionSchema } from '../kit/words.ts'

const approvalResult = z.looseObject({
  approvalId: z.string(),
  status: z.string(),
  gate: z.string(),
  question: z.string(),
})

/** Requests the review of a phase or of the run. */
export const requestApproval = defineAgentTool({
  name: 'pawl_approval_request',
  title: 'Request a review',
  description:
    'Asks a person to approve the work of the current phase, or the run. Then stop: the run waits, and its next agent continues after the decision. Without a question, the one that the workflow declares for the phase is asked.',
  hints: {},
  input: z.strictObject({
    phase: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Key of the current phase. Default: the whole run.'),
    question: z.string().min(1).max(4_000).optional().describe('What the person has to decide.'),
    gate: z.string().min(1).max(200).optional().describe('Name of the gate. Default: agent.'),
  }),
  result: approvalResult,
  async perform({ pawl, runId, call }, { phase, question, gate = 'agent' }) {
    const declared =
      question === undefined && phase !== undefined ? await declaredQuestion(pawl, runId, phase, call) : null
    // the server refuses an empty question, and says where
    const asked = declared ?? { gate, question: question ?? '' }
    const result = await pawl.approvals.request(runId, { ...asked, phase, ...call })
    return answerResult(result, ({ approval }) => ({
      say: `A person has been asked (${approval.gate}). Stop working: the run waits for the decision.`,
      result: toResult(approval),
    }))
  },
})

/** Decides an approval. */
export const decideApproval = defineOperatorTool({
  name: 'pawl_approval_decide',
  title: 'Decide an approval',
  description:
    'Decides a question that a run waits with, finally. Only with the decision of a person who was shown the question and the file. `digest` is that of the approval as shown: a changed one is refused.',
  hints: { isDestructive: true },
  input: z.strictObject({
    approvalId: z.string().min(1),
    decision: decisionSchema.describe('One of `approval.decisions` of pawl_run_get.'),
    digest: z.string().min(1).describe('`approval.digest` of pawl_run_get.'),
    comment: z.string().min(1).max(4_000).optional().describe('A word to the agent and the log.'),
    answer: jsonSchema.optional().describe('For ANSWER: an object by `approval.answerSchema`.'),
  }),
  result: approvalResult.extend({ run: z.object({ runId: z.string(), status: z.string() }) }),
  async perform({ pawl, call }, { approvalId, answer, ...fields }) {
    const given = { ...fields, answer: answer as JsonValue | undefined, ...call }
    const result = await pawl.approvals.decide(approvalId, given)
    return answerResult(result, ({ approval, run }) => ({
      say: `${approval.gate} is ${approval.status}; the run is ${run.status}.`,
      result: { ...toResult(approval), run: { runId: run.id, status: run.status } },
    }))
  },
})

function toResult({ id, status, gate, question, digest, expiresAt }: Approval) {
  return { approvalId: id, status, gate, question, digest, expiresAt }
}
