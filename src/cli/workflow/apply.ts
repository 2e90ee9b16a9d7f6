import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { safeText } from '../terminal/width.ts'
import { readDefinition } from './readDefinition.ts'

interface Options extends CommonOptions {
  readonly project?: string
}

/** `pawl workflow apply`: registers a workflow from a file. */
export function workflowApplyCommand(): Command {
  return createCommand(
    'apply',
    'register a version of a workflow from a file; repeating it changes nothing',
    [
      'pawl workflow apply release.yaml',
      'pawl workflow apply release.yaml --project web   # only for this project',
      'pawl workflow apply release.ts   # its default export, or its export `workflow`',
      'pawl workflow show review --json | jq .definition | pawl workflow apply -',
    ],
  )
    .argument(
      '<file>',
      'the definition: YAML, JSON, or a TypeScript or JavaScript module; - for standard input',
    )
    .option(
      '--project <name>',
      "the project it belongs to (default: the token's only project; for a token without that limit, all projects)",
    )
    .action(
      createAction<Options, [string]>(async (invocation, { project }, file) => {
        const result = await invocation.pawl.workflows.register(await readDefinition(file), { project })
        return invocation.answerResult(result, ({ workflow, hasChanged: changed }, printer) => {
          const owner = workflow.project === null ? '' : ` of project ${safeText(workflow.project)}`
          const name = `${workflow.name} v${workflow.version}${owner}`
          printer.line(changed ? `registered ${name}` : `${name} was already registered`)
        })
      }),
    )
}
