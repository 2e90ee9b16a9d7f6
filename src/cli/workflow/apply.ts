import type { Command } from 'commander'
import { act } from '../invocation.ts'
import type { CommonOptions } from '../invocation.ts'
import { createCommand } from '../options.ts'
import { readDefinition } from './readDefinition.ts'

/** `pawl workflow apply`: registers a workflow from a file. */
export function workflowApplyCommand(): Command {
  return createCommand('apply', 'register a workflow version from a file; the same again changes nothing', [
    'pawl workflow apply release.yaml',
    'pawl workflow apply release.ts   # what it exports by default, or as `workflow`',
    'pawl workflow show review --json | jq .definition | pawl workflow apply -',
  ])
    .argument(
      '<file>',
      'the definition: YAML, JSON, or a TypeScript or JavaScript module; - for standard input',
    )
    .action(
      act<CommonOptions, [string]>(async (invocation, _options, file) => {
        const result = await invocation.pawl.workflows.register(await readDefinition(file))
        return invocation.settle(result, ({ workflow, changed }, paper) => {
          const name = `${workflow.name} v${workflow.version}`
          paper.line(changed ? `registered ${name}` : `${name} is there already, unchanged`)
        })
      }),
    )
}
