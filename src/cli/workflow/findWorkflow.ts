import type { Command } from 'commander'
import { PawlProblem } from '@pawl/sdk'
import type { Pawl, WorkflowDetail } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import type { Invocation } from '../kit/invocation.ts'
import { parseCount } from '../kit/options.ts'

/** Which version of a workflow to use. */
export interface WorkflowOptions {
  readonly workflowVersion?: number
  readonly project?: string
}

/** Adds the workflow as an argument, with its options. */
export function workflowArguments(command: Command): Command {
  return command
    .argument('[name]', 'name of the workflow (default: workflow and version of the chosen run)')
    .option('--workflow-version <number>', 'which version (default: the latest)', parseCount)
    .option(
      '--project <name>',
      "as this project would start it (default: the token's only project, else `default`)",
    )
}

/**
 * Finds the workflow that the arguments name.
 *
 * @throws PawlProblem NotFound.
 */
export async function findWorkflow(
  invocation: Invocation,
  name: string | undefined,
  { workflowVersion: version, project }: WorkflowOptions,
): Promise<WorkflowDetail> {
  const { pawl } = invocation
  if (name === undefined) return pawl.workflows.ofRun((await chooseRun(invocation, undefined)).run.id)
  const workflow = await pawl.workflows.get(name, { version, project })
  if (workflow) return workflow
  throw new PawlProblem(await describeMissing(pawl, name, version ?? null))
}

/** The same refusal that the server's commands answer with. */
async function describeMissing(pawl: Pawl, name: string, version: number | null) {
  const { nodes } = await pawl.workflows.list({ first: 500 })
  const known = [...new Set(nodes.map(nameWithProject))]
  return {
    __typename: 'NotFound',
    message: `There is no workflow ${name}${version === null ? '' : ` v${version}`}; there are ${known.join(', ')}.`,
    kind: 'WORKFLOW',
    id: name,
  }
}

/** The name of a workflow, with its project if it has one. */
function nameWithProject({ name, project }: Pick<WorkflowDetail, 'name' | 'project'>): string {
  return project === null ? name : `${name} (--project ${project})`
}
