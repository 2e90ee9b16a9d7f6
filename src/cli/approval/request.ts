import { Option } from 'commander'
import type { Command } from 'commander'
import type { ExpiryPolicy } from '@pawl/sdk'
import { chooseRunId } from '../chooseRun.ts'
import { drivesRun } from '../driving.ts'
import type { DrivingOptions } from '../driving.ts'
import { act } from '../invocation.ts'
import { collect, createCommand, parseSeconds, readJson, readText } from '../options.ts'
import { printApprovals } from './printApproval.ts'

interface Options extends DrivingOptions {
  readonly gate: string
  readonly phase?: string
  readonly payload?: string
  readonly approver?: string[]
  readonly selfApproval: boolean
  readonly expires?: number
  readonly onExpiry: keyof typeof POLICIES
}

const POLICIES = { wait: 'WAIT', reject: 'REJECT', 'expire-run': 'EXPIRE_RUN' } as const satisfies Record<
  string,
  ExpiryPolicy
>

/** `pawl approval request`: asks a person; the run waits. */
export function approvalRequestCommand(): Command {
  const command = createCommand('request', 'ask a person; the run waits for the answer', [
    "pawl approval request 'May the old table be dropped?' --gate schema --payload @plan.json",
    "pawl approval request 'Is this the right reading?' --phase analysis --expires 2d --on-expiry reject",
  ]).argument('<question>', 'what is asked: as it is, @file, or - for standard input')
  return drivesRun(command)
    .option('--gate <name>', 'name of the gate', 'agent')
    .option('--phase <key>', 'the current phase, where the question is whether its work is good')
    .option('--payload <json>', 'what is shown with the question: JSON, @file or - for standard input')
    .option(
      '--approver <name>',
      'who may decide (default: any operator); may be given several times',
      collect,
    )
    .option('--no-self-approval', 'who asks may not decide')
    .option('--expires <time>', 'how long the question stands (default: for ever)', parseSeconds)
    .addOption(
      new Option('--on-expiry <policy>', 'what happens then').choices(Object.keys(POLICIES)).default('wait'),
    )
    .action(
      act<Options, [string]>(async (invocation, options, question) => {
        const { gate, phase, approver, selfApproval, expires, onExpiry, fence, idempotencyKey } = options
        const payload = readJson(options.payload, '--payload')
        const runId = await chooseRunId(invocation, options.run)
        const result = await invocation.pawl.approvals.request(runId, {
          gate,
          phase,
          question: readText(question),
          payload,
          approvers: approver,
          allowSelfApproval: selfApproval,
          expiresInSeconds: expires,
          onExpiry: POLICIES[onExpiry],
          fence,
          idempotencyKey,
        })
        return invocation.settle(result, (success, paper) => printApprovals(paper, [success.approval]))
      }),
    )
}
