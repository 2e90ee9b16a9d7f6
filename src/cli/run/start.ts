import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { collect, createCommand, keyOption, parseCount, readJson } from '../kit/options.ts'
import { claimOf, claimOptions, printClaim } from './claimOptions.ts'
import type { ClaimOptions } from './claimOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends CommonOptions, ClaimOptions {
  readonly title?: string
  readonly input?: string
  readonly label?: string[]
  readonly project?: string
  readonly concurrencyKey?: string
  readonly parent?: string
  readonly detached?: boolean
  readonly continues?: string
  readonly workflowVersion?: number
  readonly claim?: boolean
  readonly idempotencyKey?: string
}

/** `pawl run start`: starts a run of a workflow, queued or claimed. */
export function runStartCommand(): Command {
  const command = createCommand('start', 'start a run of a workflow', [
    "pawl run start review --title 'PR 31' --concurrency-key pr-31",
    'pawl run start review --input \'{"pr": 31}\' --label team-a',
    'pawl run start delivery --parent run_01k9… --input @card.json   # a child: cancelled with its parent',
    'pawl run start review --continues run_01k9…                     # continues a finished review',
    'eval "$(pawl run start review --claim --env)"   # makes this shell its agent',
  ])
    .argument('<workflow>', 'name of the workflow')
    .option('--title <text>', 'title of the run')
    .option('--input <json>', 'input of the run: JSON, @file or - for standard input')
    .option('--label <name>', 'a label; may be given several times', collect)
    .option('--project <name>', 'the project')
    .option('--concurrency-key <key>', 'refuse while another active run of the project has the same key')
    .option('--parent <run>', 'make it a child of this run, which waits for it and is cancelled with it')
    .option('--detached', 'with --parent: independent of the parent')
    .option('--continues <run>', 'the settled run that it continues')
    .option('--workflow-version <number>', 'version of the workflow (default: the latest)', parseCount)
    .addOption(keyOption())
    .option('--claim', 'also claim the run')
  for (const option of claimOptions()) command.addOption(option)
  return command.action(
    createAction<Options, [string]>(async (invocation, options, workflow) => {
      const result = await invocation.pawl.runs.start({
        workflow,
        version: options.workflowVersion,
        title: options.title,
        input: readJson(options.input, '--input'),
        labels: options.label,
        project: options.project,
        concurrencyKey: options.concurrencyKey,
        parentRunId: options.parent,
        isDetached: options.detached,
        continuesRunId: options.continues,
        idempotencyKey: options.idempotencyKey,
        claim: options.claim || options.env ? claimOf(options) : undefined,
      })
      return invocation.answerResult(result, (success, printer) => {
        if (!options.env) printRunLine(printer, success.run)
        printClaim(invocation, success, options)
        if (!success.lease) invocation.note(`execute it with: pawl exec --run ${success.run.id} -- COMMAND`)
      })
    }),
  )
}
