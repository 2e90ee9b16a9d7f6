import { Option } from 'commander'
import type { Command } from 'commander'
import type { ApprovalStatus } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { collectWords, createCommand, parseCount } from '../kit/options.ts'
import { printApprovals } from '../print/printApproval.ts'

const STATUSES: readonly ApprovalStatus[] = [
  'PENDING',
  ...(['APPROVED', 'REJECTED', 'RETRIED', 'ABORTED', 'EXPIRED', 'VOID'] as const),
]

interface Options extends CommonOptions {
  readonly run?: string
  readonly status?: ApprovalStatus[]
  readonly all?: boolean
  readonly limit: number
  readonly after?: string
}

/** `pawl approval list`: one page of approvals. */
export function approvalListCommand(): Command {
  return createCommand('list', 'list pending approvals', [
    'pawl approval list',
    'pawl approval list --run run_01k9…   # all approvals of a run',
    "pawl approval list --json | jq -r '.nodes[].id'",
  ])
    .addOption(new Option('--run <id>', 'every approval of this run').conflicts(['status', 'all']))
    .option(
      '--status <status>',
      'of these statuses (default: PENDING); may be given several times',
      collectWords(STATUSES),
    )
    .option('--all', 'of every status')
    .option('--limit <number>', 'how many, at most 500', parseCount, 50)
    .option('--after <cursor>', 'the page after this cursor')
    .action(
      createAction<Options>(async (invocation, options) => {
        const { status = options.all ? undefined : ['PENDING' as const], limit: first, after } = options
        const runId = options.run && (await chooseRun(invocation, options.run)).run.id
        const which = runId ? { runId } : { filter: { statuses: status } }
        const page = await invocation.pawl.approvals.list({ ...which, first, after })
        return invocation.answer(page, (printer) => {
          if (page.nodes.length > 0) printApprovals(printer, page.nodes)
          else invocation.note('nobody is asked anything')
          if (page.pageInfo.hasNextPage) invocation.note(`more with: --after ${page.pageInfo.endCursor}`)
        })
      }),
    )
}
