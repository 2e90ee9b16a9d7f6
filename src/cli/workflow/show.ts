import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { printTable } from '../terminal/table.ts'
import { safeText } from '../terminal/width.ts'
import { findWorkflow, workflowArguments } from './findWorkflow.ts'
import type { WorkflowOptions } from './findWorkflow.ts'

/** `pawl workflow show`: the phases of a workflow and their transitions. */
export function workflowShowCommand(): Command {
  const command = createCommand('show', 'show the phases of a workflow and their transitions', [
    'pawl workflow show review',
    'pawl workflow show --json | jq \'.definition.phases[] | select(.key == "build").artifact.schema\'',
    'pawl workflow show review --json | jq .definition',
  ])
  return workflowArguments(command).action(
    createAction<CommonOptions & WorkflowOptions, [string | undefined]>(async (invocation, options, name) => {
      const workflow = await findWorkflow(invocation, name, options)
      return invocation.answer(workflow, (printer) => {
        const owner = workflow.project === null ? '' : `  of project ${safeText(workflow.project)}`
        printer.line(`${printer.colors.bold(workflow.name)} v${workflow.version}${owner}`)
        const rows = workflow.phases.map(
          ({ key, next, isFinal, role, isApprovalRequired: requiresApproval, artifactPath }) => [
            `${key === workflow.initialPhase ? '▸' : ' '} ${key}`,
            [...next, ...(isFinal ? ['the end'] : [])].join(', '),
            role ?? '',
            safeText(artifactPath ?? ''),
            requiresApproval ? 'yes' : '',
          ],
        )
        printTable(printer, ['  PHASE', 'MAY BE FOLLOWED BY', 'ROLE', 'ARTIFACT', 'APPROVAL'], rows)
      })
    }),
  )
}
