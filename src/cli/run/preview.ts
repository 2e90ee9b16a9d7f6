import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand, runArgument } from '../kit/options.ts'
import { safeText } from '../terminal/width.ts'
import { chooseWorkspaceOfRun } from '../workspace/chooseWorkspace.ts'
import { performFor, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'

interface Options extends PerformOptions {
  readonly stop?: boolean
}

/** `pawl run preview`: starts or stops a preview of the run's work. */
export function runPreviewCommand(): Command {
  return createCommand('preview', "start a preview of a run's work and print its URL", [
    'pawl run preview run_01k9… --timeout 5m',
    'pawl run preview run_01k9… --stop',
  ])
    .addArgument(runArgument())
    .option('--stop', 'stop the preview')
    .addOption(timeoutOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, { stop, timeout }, id) => {
        const workspace = await chooseWorkspaceOfRun(invocation, id)
        const kind = stop ? 'STOP_PREVIEW' : 'START_PREVIEW'
        return performFor(invocation, workspace, { kind, timeout }, ({ operation }, printer) => {
          const { preview } = operation.workspace
          if (stop) printer.line('stopped')
          else printer.line(preview.url === null ? 'it is running, without a URL' : safeText(preview.url))
        })
      }),
    )
}
