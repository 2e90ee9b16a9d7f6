import { isSuccess } from '@pawl/sdk'
import type { Approval, ApprovalStatus, CallOptions } from '@pawl/sdk'
import { z } from 'zod'
import { findOpenApproval } from '../../advice/findOpenApproval.ts'
import type { Answer, Problem } from '../kit/answer.ts'
import { readRun } from '../kit/readRun.ts'
import { MAX_WAIT_SECONDS } from '../kit/schemas.ts'
import { type AgentToolContext, defineAgentTool } from '../kit/tool.ts'

const askedResult = z.object({
  handle: z.string().describe('Give it to wait on for the answer.'),
  status: z.string().describe('PENDING, ANSWERED, DECLINED, EXPIRED or VOID.'),
  answer: z.unknown().describe("The person's answer, by the schema; null: none."),
  comment: z.string().nullable().describe('What the person said besides.'),
})

/** Asks a person something in the middle of the work, and waits for the answer. */
export const ask = defineAgentTool({
  name: 'pawl_ask',
  title: 'Ask a person',
  description:
    'Asks a person a question that only they can answer, and waits for the answer; one question at a time. If nobody has answered in time, call it again with the `handle` alone. If nobody answers at all, continue as well as you can. It is not for permission to finish: see pawl_approval_request.',
  hints: {},
  input: z
    .strictObject({
      question: z.string().min(1).max(4_000).optional().describe('What the person is asked.'),
      choices: z
        .array(z.string().min(1).max(200))
        .min(2)
        .max(20)
        .optional()
        .describe('What may be answered; the answer is then `{ "answer": CHOICE }`.'),
      schema: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          'JSON Schema of the answer instead: an object with flat properties, each a string, number, integer or boolean, or a string with enum. Default: any text.',
        ),
      expiresInSeconds: z.int().min(1).max(86_400).optional().describe('How long it is asked. Default: 900.'),
      handle: z.string().min(1).optional().describe('Wait on for the question that was asked before.'),
      seconds: z
        .int()
        .min(1)
        .max(MAX_WAIT_SECONDS)
        .default(45)
        .describe('How long to wait for the answer now.'),
    })
    .refine(({ question, handle }) => (question === undefined) !== (handle === undefined), {
      message: 'give either a question or a handle',
    })
    .refine(({ choices, schema }) => choices === undefined || schema === undefined, {
      message: 'give either choices or a schema',
    }),
  result: askedResult,
  async perform(context, { question, choices, schema, expiresInSeconds, handle, seconds }) {
    if (handle !== undefined) return awaitAnswer(context, handle, seconds)
    const { pawl, runId, call } = context
    const asked = await pawl.approvals.request(runId, {
      kind: 'QUESTION',
      gate: 'agent',
      question: question ?? '',
      answerSchema: choices ? choiceSchema(choices) : schema,
      expiresInSeconds,
      ...call,
    })
    if (isSuccess(asked)) return awaitAnswer(context, asked.approval.id, seconds)
    const open = await findOpen(context, asked, question)
    return open ? awaitAnswer(context, open, seconds) : { problem: asked }
  },
})

function choiceSchema(choices: readonly string[]) {
  return {
    type: 'object',
    properties: { answer: { type: 'string', enum: choices } },
    required: ['answer'],
  }
}

/** The open question with these words: the same one asked again, as after a call whose answer was lost. */
async function findOpen(
  { pawl, runId, call }: AgentToolContext,
  { __typename }: Problem,
  question: string | undefined,
): Promise<string | undefined> {
  if (__typename !== 'RunNotActive') return undefined
  const open = await findOpenApproval(pawl, await readRun(pawl, runId, call), call)
  return open?.kind === 'QUESTION' && open.question === question ? open.id : undefined
}

async function awaitAnswer(
  { pawl, call }: AgentToolContext,
  handle: string,
  seconds: number,
): Promise<Answer<z.input<typeof askedResult>>> {
  const deadline = AbortSignal.timeout(seconds * 1000)
  const wait = (options: CallOptions) => pawl.approvals.wait(handle, options)
  const approval = await wait({ signal: AbortSignal.any([call.signal, deadline]) }).catch(
    (error: unknown) => {
      if (!deadline.aborted || call.signal.aborted) throw error
      return pawl.approvals.get(handle, call)
    },
  )
  if (!approval)
    return {
      problem: {
        __typename: 'NotFound',
        message: `There is no question ${handle}`,
        kind: 'APPROVAL',
        id: handle,
      },
    }
  const { id, status, answer, comment } = approval
  return { say: sayAnswer(approval, seconds), result: { handle: id, status, answer, comment } }
}

function sayAnswer(approval: Approval, seconds: number): string {
  const { id, status, answer, comment, decidedBy } = approval
  const word = comment ? ` They say: ${comment}` : ''
  const say: { readonly [Status in ApprovalStatus]?: string } = {
    PENDING: `Nobody has answered within ${seconds} s. Call pawl_ask with the handle ${id} to wait on.`,
    ANSWERED: `${decidedBy ?? 'A person'} answered: ${JSON.stringify(answer)}.${word}`,
    DECLINED: `${decidedBy ?? 'A person'} will not answer: continue as well as you can.${word}`,
    EXPIRED: 'Nobody answered. That is no refusal: continue as well as you can.',
  }
  return say[status] ?? `The question is ${status}: it is not asked any more.`
}
