import type { Command } from 'commander'
import { act } from '../invocation.ts'
import type { CommonOptions, Invocation } from '../invocation.ts'
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
        if (!workflow)
          return reportProblem(invocation, await describeMissing(invocation, name, workflowVersion))
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

/** The refusal that the server's commands give for a workflow that is not there. */
async function describeMissing({ pawl }: Invocation, name: string, version: number | undefined) {
  const { nodes } = await pawl.workflows.list({ first: 500 })
  return {
    __typename: 'WorkflowNotFound',
    message: `There is no workflow ${name}${version === undefined ? '' : ` v${version}`}.`,
    name,
    askedVersion: version ?? null,
    known: [...new Set(nodes.map((workflow) => workflow.name))],
  }
}
