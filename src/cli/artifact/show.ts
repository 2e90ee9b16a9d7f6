import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, runOption } from '../kit/options.ts'
import { artifactLine, describeLack, problemLines } from '../print/printArtifact.ts'
import { printPairs } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { safeLines } from '../terminal/width.ts'
import { chooseArtifact } from './chooseArtifact.ts'

interface Options extends CommonOptions {
  readonly run?: string
}

/** `pawl artifact show`: a file with what is known about it. */
export function artifactShowCommand(): Command {
  return createCommand('show', 'show a file that a run has submitted, and what is wrong with it', [
    'pawl artifact show plan.md --run run_01k9…',
    'pawl artifact show art_01k9…',
  ])
    .argument(
      '<file>',
      'path of the file, of which the newest is meant; or id of the artifact, or the end of it',
    )
    .addOption(runOption())
    .action(
      createAction<Options, [string]>(async (invocation, { run }, typed) => {
        const artifact = await chooseArtifact(invocation, typed, run)
        return invocation.answer(artifact, (printer) => {
          const { dim, red } = printer.colors
          printer.line(artifactLine(printer.colors, artifact))
          printPairs(printer, [
            ['artifact', printer.ids(artifact.id)],
            ['phase', `${artifact.phase.key}, round ${artifact.round}, attempt ${artifact.attempt}`],
            ['submitted', formatTime(artifact.createdAt)],
            ['sha256', artifact.sha256],
          ])
          for (const line of problemLines(artifact)) printer.line(red(line))
          printer.line()
          if (artifact.content === null) printer.line(dim(`(its content ${describeLack(artifact)})`))
          else for (const line of safeLines(artifact.content)) printer.line(line)
        })
      }),
    )
}
