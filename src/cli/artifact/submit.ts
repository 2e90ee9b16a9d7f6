import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { isSuccess } from '@pawl/sdk'
import type { RunDetail, SubmitArtifactResult, SuccessOf } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { addOwnerOptions } from '../kit/ownerOptions.ts'
import type { OwnerOptions } from '../kit/ownerOptions.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import type { ExitCode } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { Invocation } from '../kit/invocation.ts'
import { createCommand, explanation } from '../kit/options.ts'
import { printPhaseLine } from '../print/printPhase.ts'
import { reportProblem } from '../kit/report.ts'
import { safeText } from '../terminal/width.ts'
import { artifactLine, problemLines } from '../print/printArtifact.ts'

interface Options extends OwnerOptions {
  readonly path?: string
}

/** `pawl artifact submit`: submits a file of the current phase, which the server validates. */
export function artifactSubmitCommand(): Command {
  const command = createCommand(
    'submit',
    'submit a file of the current phase; a valid one completes the phase or requests its approval',
    [
      'pawl artifact submit plan plan.md',
      'make-report | pawl artifact submit build -',
      'pawl artifact submit build trace.log --path logs/trace.log   # in addition to the declared artifact',
    ],
  )
    .argument('<phase>', 'key of the current phase')
    .argument('<file>', 'the file; - for standard input')
  return addOwnerOptions(command)
    .option(
      '--path <path>',
      'path to store it under (default: the path that the phase declares, else the file)',
    )
    .addHelpText(
      'after',
      explanation(
        'An invalid file is kept but changes no phase: the exit code is 7, and stderr lists what is wrong.',
      ),
    )
    .action(
      createAction<Options, [string, string]>(async (invocation, options, phase, file) => {
        const content = readContent(file)
        const { run } = await chooseRun(invocation, options.run)
        const path = options.path ?? defaultPath(run, phase, file)
        const { fence, idempotencyKey } = options
        const fields = { path, content, fence, idempotencyKey }
        return conclude(invocation, await invocation.pawl.artifacts.submit(run.id, phase, fields))
      }),
    )
}

function conclude(invocation: Invocation, result: SubmitArtifactResult): ExitCode {
  if (!isSuccess(result)) return reportProblem(invocation, result)
  invocation.answer(result, (printer) => {
    printer.line(artifactLine(printer.colors, result.artifact))
    if (result.artifact.isValid) printPhaseLine(printer, result)
  })
  if (!result.artifact.isValid) {
    reportInvalid(invocation, result)
    return EXIT.invalid
  }
  if (result.phase.status === 'AWAITING_APPROVAL') invocation.note('a person has to approve it')
  return EXIT.done
}

function reportInvalid({ err }: Invocation, { artifact, phase }: SuccessOf<SubmitArtifactResult>): void {
  const { red, bold, dim } = err.colors
  err.line(
    `${red('pawl:')} ${bold('InvalidArtifact')}: ${safeText(artifact.path)} does not satisfy the phase ${phase.key}`,
  )
  for (const line of problemLines(artifact)) err.line(dim(`  ${line}`))
}

/** The path that the phase declares; else the file's own. */
function defaultPath({ workflow }: RunDetail, phase: string, file: string): string {
  const declared = workflow.phases.find(({ key }) => key === phase)?.artifactPath
  if (declared) return declared
  if (file === '-') throw new UsageError(`phase ${phase} declares no artifact: name it with --path`)
  return file
}

/** The file as text: artifacts are compared and shown as text. */
function readContent(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new UsageError(`${file} could not be read: ${(error as Error).message}`, EXIT.invalid)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UsageError(`${file} is not UTF-8 text`, EXIT.invalid)
  }
}
