import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, runOption } from '../kit/options.ts'
import { artifactLine, describeLack } from '../print/printArtifact.ts'
import { safeText } from '../terminal/width.ts'
import { chooseArtifact } from './chooseArtifact.ts'

interface Options extends CommonOptions {
  readonly run?: string
  readonly output?: string
  readonly force?: boolean
}

/** `pawl artifact get`: the bytes of a file. */
export function artifactGetCommand(): Command {
  return createCommand('get', 'print a file that a run has submitted, byte by byte, or write it to a file', [
    'pawl artifact get plan.md --run run_01k9… > plan.md',
    'pawl artifact get art_01k9… --output plan.md',
  ])
    .argument(
      '<file>',
      'path of the file, of which the newest is meant; or id of the artifact, or the end of it',
    )
    .addOption(runOption())
    .option('-o, --output <file>', 'write it to this file, which must not exist')
    .option('--force', 'with --output: replace the file if it exists')
    .action(
      createAction<Options, [string]>(async (invocation, { run, output, force }, typed) => {
        const artifact = await chooseArtifact(invocation, typed, run)
        const { content } = artifact
        if (content === null)
          throw new UsageError(
            `the content of ${safeText(artifact.path)} ${describeLack(artifact)}`,
            EXIT.notFound,
            'NotFound',
          )
        if (output !== undefined) write(output, content, force === true)
        return invocation.answer(artifact, (printer) => {
          if (output !== undefined) printer.line(artifactLine(printer.colors, artifact))
          else printer.write(printer.isTerminal ? content.split('\n').map(safeText).join('\n') : content)
        })
      }),
    )
}

function write(file: string, content: string, force: boolean): void {
  try {
    writeFileSync(file, content, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(
      code === 'EEXIST' ? `${file} exists: replace it with --force` : message,
      EXIT.invalid,
    )
  }
}
