import type { Command } from 'commander'
import type { JsonValue } from '@pawl/sdk'
import { EXIT, UsageError } from '../exitCodes.ts'
import { act } from '../invocation.ts'
import type { CommonOptions } from '../invocation.ts'
import { createCommand, readText } from '../options.ts'

/** `pawl workflow apply`: registers a workflow from a file. */
export function workflowApplyCommand(): Command {
  return createCommand('apply', 'register a workflow version from a file; the same again changes nothing', [
    'pawl workflow apply release.yaml',
    'pawl workflow show review --json | jq .definition | pawl workflow apply -',
  ])
    .argument('<file>', 'the definition, YAML or JSON; - for standard input')
    .action(
      act<CommonOptions, [string]>(async (invocation, _options, file) => {
        const definition = await parseDefinition(readText(file === '-' ? file : `@${file}`), file)
        const result = await invocation.pawl.workflows.register(definition)
        return invocation.settle(result, ({ workflow, changed }, paper) => {
          const name = `${workflow.name} v${workflow.version}`
          paper.line(changed ? `registered ${name}` : `${name} is there already, unchanged`)
        })
      }),
    )
}

/** JSON is YAML, too: one parser reads both. It is loaded here alone, since most commands are over sooner than that takes. */
async function parseDefinition(text: string, file: string): Promise<JsonValue> {
  const { parse } = await import('yaml')
  try {
    return parse(text) as JsonValue
  } catch (error) {
    throw new UsageError(`${file} is neither YAML nor JSON: ${(error as Error).message}`, EXIT.invalid)
  }
}
