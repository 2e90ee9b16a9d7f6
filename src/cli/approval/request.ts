import { Option } from 'commander'
import type { Command } from 'commander'
import { isSuccess } from '@pawl/sdk'
import type { ApprovalDetail, ExpiryPolicy, Pawl } from '@pawl/sdk'
import { chooseRunId } from '../kit/chooseRun.ts'
import { addOwnerOptions } from '../kit/ownerOptions.ts'
import type { OwnerOptions } from '../kit/ownerOptions.ts'
import { UsageError } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import { collect, createCommand, readJson, readText, timeOption } from '../kit/options.ts'
import { declaredQuestion } from '../../advice/declaredQuestion.ts'
import type { Asked } from '../../advice/declaredQuestion.ts'
import { printApprovals } from '../print/printApproval.ts'

interface Options extends OwnerOptions {
  readonly gate?: string
  readonly phase?: string
  readonly payload?: string
  readonly answer?: string
  readonly wait?: number
  readonly approver?: string[]
  readonly selfApproval: boolean
  readonly expires?: number
  readonly onExpiry: keyof typeof POLICIES
}

const POLICIES = { wait: 'WAIT', reject: 'REJECT', 'expire-run': 'EXPIRE_RUN' } as const satisfies Record<
  string,
  ExpiryPolicy
>

/** `pawl approval request`: requests an approval; the run waits for it. */
export function approvalRequestCommand(): Command {
  const command = createCommand('request', 'request an approval; the run waits for the decision', [
    'pawl approval request --phase release   # the question that the workflow declares',
    "pawl approval request 'May the old table be dropped?' --gate schema --payload @plan.json",
    "pawl approval request 'Is this the right reading?' --phase analysis --expires 2d --on-expiry reject",
    "pawl approval request 'Which colour?' --answer @colour.schema.json --wait 10m",
  ]).argument(
    '[question]',
    'the question: text, @file, or - for standard input (default: question and approvers that the workflow declares for --phase)',
  )
  return addOwnerOptions(command)
    .option('--gate <name>', 'name of the gate (default: agent)')
    .option('--phase <key>', 'the current phase, if its work is to be approved')
    .option('--payload <json>', 'data shown with the question: JSON, @file or - for standard input')
    .option(
      '--answer <schema>',
      'ask a question in the middle of the work, by the JSON Schema of its answer (an object with flat properties); the run stays with its owner',
    )
    .addOption(
      timeOption('--wait <time>', 'how long to wait for the answer, like 90s or 10m (default: not at all)'),
    )
    .option(
      '--approver <name>',
      'who may decide (default: any operator); may be given several times',
      collect,
    )
    .option('--no-self-approval', 'the requester may not decide')
    .addOption(
      timeOption(
        '--expires <time>',
        'how long the question stays open, like 30m or 2d (default: without a limit)',
      ),
    )
    .addOption(
      new Option('--on-expiry <policy>', 'what happens when it expires')
        .choices(Object.keys(POLICIES))
        .default('wait'),
    )
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, question) => {
        const { phase, fence, idempotencyKey } = options
        const given = question === undefined ? undefined : questionOf(options, question)
        const payload = readJson(options.payload, '--payload')
        const runId = await chooseRunId(invocation, options.run)
        const asked = given ?? (await questionOfPhase(invocation.pawl, runId, phase))
        const answerSchema = readJson(options.answer, '--answer')
        const kind = options.answer === undefined ? undefined : 'QUESTION'
        const fields = { ...asked, kind, answerSchema, phase, payload, fence, idempotencyKey } as const
        const result = await invocation.pawl.approvals.request(runId, fields)
        if (options.wait !== undefined && isSuccess(result)) {
          const decided = await awaitDecision(invocation.pawl, result.approval.id, options.wait)
          if (decided) return invocation.answer(decided, (printer) => printApprovals(printer, [decided]))
        }
        return invocation.answerResult(result, (success, printer) =>
          printApprovals(printer, [success.approval]),
        )
      }),
    )
}

function questionOf({ gate, approver, selfApproval, expires, onExpiry }: Options, question: string): Asked {
  return {
    gate: gate ?? 'agent',
    question: readText(question),
    approvers: approver,
    isSelfApprovalAllowed: selfApproval,
    expiresInSeconds: expires,
    onExpiry: POLICIES[onExpiry],
  }
}

/** The approval once it is decided; null where it is not in time. */
async function awaitDecision(pawl: Pawl, id: string, seconds: number): Promise<ApprovalDetail | null> {
  const signal = AbortSignal.timeout(seconds * 1_000)
  try {
    return await pawl.approvals.wait(id, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
    return null
  }
}

/** The approval that the workflow declares for a phase. */
async function questionOfPhase(pawl: Pawl, runId: string, phase: string | undefined): Promise<Asked> {
  const declared = phase ? await declaredQuestion(pawl, runId, phase) : null
  if (declared) return declared
  throw new UsageError('give a question, or name a --phase for which the workflow declares an approval')
}
