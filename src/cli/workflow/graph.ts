import { Option } from 'commander'
import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { GRAPH_FORMATS } from './drawGraph.ts'
import { findWorkflow, workflowArguments } from './findWorkflow.ts'
import type { WorkflowOptions } from './findWorkflow.ts'

interface Options extends CommonOptions, WorkflowOptions {
  readonly format: keyof typeof GRAPH_FORMATS
}

/** `pawl workflow graph`: draws a workflow's phases. */
export function workflowGraphCommand(): Command {
  const command = createCommand('graph', 'draw the phases of a workflow for Mermaid or Graphviz', [
    'pawl workflow graph delivery > delivery.mmd',
    'pawl workflow graph review --format dot | dot -Tsvg > review.svg',
  ])
  return workflowArguments(command)
    .addOption(
      new Option('--format <format>', 'output format').choices(Object.keys(GRAPH_FORMATS)).default('mermaid'),
    )
    .action(
      createAction<Options, [string | undefined]>(async (invocation, { format, ...options }, name) => {
        const workflow = await findWorkflow(invocation, name, options)
        const graph = GRAPH_FORMATS[format](workflow)
        const answer = { name: workflow.name, version: workflow.version, format, graph }
        return invocation.answer(answer, (printer) => printer.line(graph))
      }),
    )
}
