import type { JsonValue, Run } from '@pawl/sdk'
import { z } from 'zod'
import { answerResult } from '../kit/answer.ts'
import { describePosition, describeState, sayPosition } from '../kit/describeState.ts'
import { nameOperatorTool } from '../kit/nameTool.ts'
import { readRun } from '../kit/readRun.ts'
import { jsonSchema, MAX_WAIT_SECONDS, positionResult, stateResult } from '../kit/schemas.ts'
import { defineOperatorTool } from '../kit/tool.ts'
import { statusSchema } from '../kit/words.ts'

const runIdSchema = z.string().min(1).describe('Id of the run, as run_01k9….')
const labels = z.array(z.string().min(1)).max(50)

const runResult = positionResult.extend({
  title: z.string().nullable(),
  workflow: z.string(),
  project: z.string(),
  error: z.string().nullable(),
  owner: z.string().nullable(),
})

function toResult(run: Run) {
  const { title, workflow, project, error, lease, createdAt, settledAt } = run
  const owner = lease?.isLive ? lease.owner : null
  return {
    ...describePosition(run),
    title,
    workflow: workflow.name,
    project,
    error,
    owner,
    createdAt,
    settledAt,
  }
}

/** Starts a run. */
export const start = defineOperatorTool({
  name: 'pawl_run_start',
  title: 'Start a run',
  description: 'Starts a run of a workflow. It is queued until a worker, or `pawl exec`, takes it.',
  hints: {},
  input: z.strictObject({
    workflow: z.string().min(1).describe('Name of the workflow.'),
    title: z.string().min(1).max(200).optional(),
    input: jsonSchema.optional().describe('What the run is about, any JSON.'),
    project: z.string().min(1).optional(),
    labels: labels.optional(),
    continuesRunId: z.string().min(1).optional().describe('A settled run that the new run continues.'),
    idempotencyKey: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('A repeated call with the same key and arguments starts no second run.'),
  }),
  result: runResult,
  async perform({ pawl, call }, { input, ...fields }) {
    const result = await pawl.runs.start({ ...fields, input: input as JsonValue | undefined, ...call })
    return answerResult(result, ({ run }) => ({
      say: `Started ${run.id}. ${sayPosition(run)}`,
      result: toResult(run),
    }))
  },
})

/** Lists runs. */
export const list = defineOperatorTool({
  name: 'pawl_run_list',
  title: 'List runs',
  description: 'Lists runs, newest first, with the filters that are given.',
  hints: { isReadOnly: true },
  input: z.strictObject({
    status: z.array(statusSchema).optional(),
    workflow: z.string().min(1).optional(),
    project: z.string().min(1).optional(),
    labels: labels.optional(),
    text: z.string().min(1).max(200).optional().describe('What the title contains.'),
    first: z.int().min(1).max(100).default(20),
    after: z.string().optional().describe('`next` of the page before.'),
  }),
  result: z.object({
    runs: z.array(runResult),
    next: z.string().nullable().describe('Give it as `after` for the next page; null: this is the last.'),
  }),
  async perform({ pawl, call }, { first, after, status: statuses, ...rest }) {
    const filter = { ...rest, statuses }
    const { nodes, pageInfo } = await pawl.runs.list({ filter, first, after, ...call })
    const lines = nodes.map((run) => `${run.id}  ${run.status}  ${run.title ?? run.workflow.name}`)
    const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null
    return { say: lines.join('\n') || 'No run matches.', result: { runs: nodes.map(toResult), next } }
  },
})

/** Shows a run. */
export const get = defineOperatorTool({
  name: 'pawl_run_get',
  title: 'Show a run',
  description:
    'Shows a run: its status and phases, what is missing, what comes next, the question that a person is asked with its digest, and its output.',
  hints: { isReadOnly: true },
  input: z.strictObject({ runId: runIdSchema }),
  result: stateResult.extend({ output: z.unknown(), error: z.string().nullable() }),
  async perform({ pawl, call }, { runId }) {
    const run = await readRun(pawl, runId, call)
    const described = await describeState(pawl, run, nameOperatorTool, call)
    const { output, error } = run
    return {
      say: `${sayPosition(run)} Next: ${described.next.say}.`,
      result: { ...described, output, error },
    }
  },
})

const isReached = {
  SETTLED: (run: Run) => run.isSettled,
  DECISION: (run: Run) => run.isSettled || run.nextAction === 'DECIDE_APPROVAL',
  CHANGE: (run: Run, after: number | undefined) => run.revision > (after ?? -1),
} as const

/** Waits for a run. */
export const wait = defineOperatorTool({
  name: 'pawl_run_wait',
  title: 'Wait for a run',
  description:
    'Waits until the run has settled, until it waits for a person or has settled, or until it changes; at most the given seconds. Call it again where `isReached` is false.',
  hints: { isReadOnly: true },
  input: z.strictObject({
    runId: runIdSchema,
    until: z.enum(['SETTLED', 'DECISION', 'CHANGE']).default('SETTLED'),
    after: z.int().min(0).optional().describe('For CHANGE: the `revision` that is known.'),
    seconds: z.int().min(1).max(MAX_WAIT_SECONDS).default(30),
  }),
  result: runResult.extend({ isReached: z.boolean() }),
  async perform({ pawl, call }, { runId, until, after, seconds }) {
    let run: Run = await readRun(pawl, runId, call)
    const deadline = AbortSignal.timeout(seconds * 1000)
    const signal = AbortSignal.any([call.signal, deadline])
    const reached = () => isReached[until](run, after)
    try {
      if (!reached()) {
        const frames = pawl.runs.watch(runId, {
          after: run.revision,
          untilSettled: true,
          withRun: true,
          signal,
        })
        for await (const frame of frames) {
          run = frame.run ?? run
          if (reached()) break
        }
      }
    } catch (error) {
      if (!deadline.aborted) throw error
    }
    call.signal.throwIfAborted()
    const told = reached() ? '' : ` It is not ${until.toLowerCase()} within ${seconds} s: call again.`
    return { say: `${sayPosition(run)}${told}`, result: { ...toResult(run), isReached: reached() } }
  },
})

/** Cancels a run. */
export const cancel = defineOperatorTool({
  name: 'pawl_run_cancel',
  title: 'Cancel a run',
  description:
    'Cancels a run and the runs below it. A running one is CANCELLING until its owner has ended its agents.',
  hints: { isDestructive: true, isIdempotent: true },
  input: z.strictObject({
    runId: runIdSchema,
    comment: z.string().min(1).max(4_000).optional().describe('Why, for the log.'),
  }),
  result: runResult.extend({ hasChanged: z.boolean() }),
  async perform({ pawl, call }, { runId, comment }) {
    const result = await pawl.runs.cancel(runId, { comment, ...call })
    return answerResult(result, ({ run, hasChanged }) => ({
      say: hasChanged ? sayPosition(run) : `Nothing was changed. ${sayPosition(run)}`,
      result: { ...toResult(run), hasChanged },
    }))
  },
})
