import type { Command } from 'commander'
import { PawlProblem } from '@pawl/sdk'
import type { WorkflowDetail } from '@pawl/sdk'
import type { Invocation } from '../invocation.ts'
import { parseCount } from '../options.ts'

/** Which version of a workflow is meant. */
export interface WorkflowOptions {
  readonly workflowVersion?: number
}

/** Gives a command the workflow it is about. */
export function workflowArguments(command: Command): Command {
  return command
    .argument('<name>', 'name of the workflow')
    .option('--workflow-version <number>', 'which version (default: the latest)', parseCount)
}

/**
 * The workflow that is meant.
 *
 * @throws PawlProblem WorkflowNotFound.
 */
export async function findWorkflow(
  { pawl }: Invocation,
  name: string,
  { workflowVersion: version }: WorkflowOptions,
): Promise<WorkflowDetail> {
  const workflow = await pawl.workflows.get(name, { version })
  if (workflow) return workflow
  const { nodes } = await pawl.workflows.list({ first: 500 })
  const known = nodes.map((each) => `${each.name} v${each.version}`)
  const what = version === undefined ? name : `${name} v${version}`
  const problem = { __typename: 'WorkflowNotFound', message: `there is no workflow ${what}`, known } as const
  throw new PawlProblem(problem)
}
