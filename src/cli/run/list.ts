import type { Command } from 'commander'
import type { Outcome, RunOrder, RunStatus } from '@pawl/sdk'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { collect, collectWords, createCommand, parseCount, parseWord } from '../kit/options.ts'
import { OUTCOMES, RUN_STATUSES } from '../terminal/words.ts'
import { printRuns } from '../print/printRun.ts'
import { ACTIVE } from './runFilter.ts'

interface Options extends CommonOptions {
  readonly status?: RunStatus[]
  readonly active?: boolean
  readonly outcome?: Outcome[]
  readonly workflow?: string
  readonly label?: string[]
  readonly project?: string
  readonly text?: string
  readonly order: keyof typeof ORDERS
  readonly limit: number
  readonly after?: string
}

const ORDERS = {
  CREATED_DESC: { field: 'CREATED', direction: 'DESC' },
  CREATED_ASC: { field: 'CREATED', direction: 'ASC' },
  ACTIVITY_DESC: { field: 'ACTIVITY', direction: 'DESC' },
  ACTIVITY_ASC: { field: 'ACTIVITY', direction: 'ASC' },
} as const satisfies { readonly [order: string]: RunOrder }
const ORDER_WORDS = Object.keys(ORDERS) as (keyof typeof ORDERS)[]

/** `pawl run list`: one page of runs. */
export function runListCommand(): Command {
  return createCommand('list', 'list runs, newest first', [
    'pawl run list --active',
    'pawl run list --outcome incomplete --workflow review',
    "pawl run list --json | jq -r '.nodes[].id'",
  ])
    .option(
      '--status <status>',
      'only of this status; several separated by commas',
      collectWords(RUN_STATUSES),
    )
    .option('--active', 'only runs that have not settled')
    .option(
      '--outcome <outcome>',
      'only of this outcome: success, incomplete, failed, cancelled',
      collectWords(OUTCOMES),
    )
    .option('--workflow <name>', 'only of this workflow')
    .option('--label <name>', 'only with this label; if repeated, with all of them', collect)
    .option('--project <name>', 'only of this project')
    .option('--text <words>', 'only with this text in id or title')
    .option(
      '--order <order>',
      'created_desc, created_asc, activity_desc or activity_asc',
      parseWord(ORDER_WORDS),
      'CREATED_DESC',
    )
    .option('--limit <number>', 'how many, at most 500', parseCount, 50)
    .option('--after <cursor>', 'the page after this cursor')
    .action(
      createAction<Options>(async (invocation, options) => {
        const { workflow, label, project, text, outcome } = options
        const status = options.status ?? (options.active ? ACTIVE : undefined)
        const page = await invocation.pawl.runs.list({
          filter: { statuses: status, outcomes: outcome, workflow, labels: label, project, text },
          orderBy: ORDERS[options.order],
          first: options.limit,
          after: options.after,
        })
        return invocation.answer(page, (printer) => {
          if (page.nodes.length > 0) printRuns(printer, page.nodes)
          else invocation.note('no runs')
          if (page.pageInfo.hasNextPage) invocation.note(`more with: --after ${page.pageInfo.endCursor}`)
        })
      }),
    )
}
