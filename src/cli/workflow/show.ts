import type { Command } from 'commander'
import { act } from '../invocation.ts'
import type { CommonOptions } from '../invocation.ts'
import { createCommand, parseCount } from '../options.ts'
import { reportProblem } from '../report.ts'
import { printTable } from '../terminal/table.ts'

interface Options extends CommonOptions {
  readonly workflowVersion?: number
}

/** `pawl workflow show`: the phases of a workflow, and what may follow each. */
export function workflowShowCommand(): Command {
  return createCommand('show', 'show the phases of a workflow, and what may follow each', [
    'pawl workflow show review',
    'pawl workflow show review --json | jq .definition',
  ])
    .argument('<name>', 'name of the workflow')
    .option('--workflow-version <number>', 'which version (default: the latest)', parseCount)
    .action(
      act<Options, [string]>(async (invocation, { workflowVersion }, name) => {
        const workflow = await invocation.pawl.workflows.get(name, { version: workflowVersion })
        if (!workflow) {
          const what = workflowVersion === undefined ? name : `${name} v${workflowVersion}`
          return reportProblem(invocation, {
            __typename: 'WorkflowNotFound',
            message: `there is no workflow ${what}`,
          })
        }
        return invocation.answer(workflow, (paper) => {
          paper.line(`${paper.colors.bold(workflow.name)} v${workflow.version}`)
          const rows = workflow.phases.map(({ key, next, isFinal, role, requiresApproval, artifactPath }) => [
            `${key === workflow.initialPhase ? '▸' : ' '} ${key}`,
            isFinal ? 'the end' : next.join(', '),
            role ?? '',
            artifactPath ?? '',
            requiresApproval ? 'yes' : '',
          ])
          printTable(paper, ['  PHASE', 'MAY BE FOLLOWED BY', 'ROLE', 'ARTIFACT', 'APPROVAL'], rows)
        })
      }),
    )
}
