import { Option } from 'commander'
import type { Command } from 'commander'
import { isSuccess, unwrap } from '@pawl/sdk'
import type { JsonValue } from '@pawl/sdk'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { findRunId } from '../kit/findId.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { checkExact, collect, createCommand, keyOption, parseCount, readJson } from '../kit/options.ts'
import { claimOf, claimOptions, printClaim } from './claimOptions.ts'
import type { ClaimOptions } from './claimOptions.ts'
import { printRunLine } from '../print/printRun.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { EXIT_OF_OUTCOME, followToEnd } from './followToEnd.ts'

interface Options extends CommonOptions, ClaimOptions {
  readonly title?: string
  readonly input?: readonly string[]
  readonly label?: string[]
  readonly project?: string
  readonly concurrencyKey?: string
  readonly parent?: string
  readonly detached?: boolean
  readonly continues?: string
  readonly workflowVersion?: number
  readonly claim?: boolean
  readonly idempotencyKey?: string
  readonly follow?: boolean
}

/** `pawl run start`: starts a run of a workflow, queued or claimed. */
export function runStartCommand(): Command {
  const command = createCommand('start', 'start a run of a workflow', [
    "pawl run start review --title 'PR 31' --concurrency-key pr-31",
    'pawl run start review --input \'{"pr": 31}\' --label team-a',
    'pawl run start review --input pr=31 --input branch=main',
    "pawl run start delivery --title 'A greeting' --follow             # until it has settled",
    'pawl run start delivery --parent run_01k9… --input @card.json   # a child: cancelled with its parent',
    'pawl run start review --continues run_01k9…                     # continues a finished review',
    'eval "$(pawl run start review --claim --env)"   # makes this shell its agent',
  ])
    .argument('<workflow>', 'name of the workflow')
    .option('--title <text>', 'title of the run')
    .option(
      '--input <json>',
      'input of the run: JSON, @file, - for standard input, or NAME=VALUE, which may be given several times',
      collectInput,
    )
    .option('--label <name>', 'a label; may be given several times', collect)
    .option('--project <name>', 'the project')
    .option('--concurrency-key <key>', 'refuse while another active run of the project has the same key')
    .option('--parent <run>', 'make it a child of this run, which waits for it and is cancelled with it')
    .option('--detached', 'with --parent: independent of the parent')
    .option('--continues <run>', 'the settled run that it continues')
    .option('--workflow-version <number>', 'version of the workflow (default: the latest)', parseCount)
    .addOption(keyOption())
    .option(
      '-f, --follow',
      'follow it until it has settled; exit with 0 for SUCCESS, 6 for INCOMPLETE, 1 for FAILED, 8 for CANCELLED',
    )
    .addOption(new Option('--claim', 'also claim the run').conflicts('follow'))
  for (const option of claimOptions())
    command.addOption(option.name() === 'env' ? option.conflicts('follow') : option)
  return command.action(
    createAction<Options, [string]>(async (invocation, options, workflow) => {
      const { pawl } = invocation
      const result = await pawl.runs.start({
        workflow,
        version: options.workflowVersion,
        title: options.title,
        input: readInput(options.input),
        labels: options.label,
        project: options.project,
        concurrencyKey: options.concurrencyKey,
        parentRunId: options.parent && (await findRunId(pawl, options.parent)),
        isDetached: options.detached,
        continuesRunId: options.continues && (await findRunId(pawl, options.continues)),
        idempotencyKey: options.idempotencyKey,
        claim: options.claim || options.env ? claimOf(options) : undefined,
      })
      if (options.follow && isSuccess(result)) return follow(invocation, result.run.id)
      return invocation.answerResult(result, (success, printer) => {
        if (!options.env) printRunLine(printer, success.run)
        printClaim(invocation, success, options)
        if (!success.lease)
          invocation.note(invocation.err.ids(`execute it with: pawl exec --run ${success.run.id} -- COMMAND`))
      })
    }),
  )
}

/** Follows the run that was started. Ctrl-C ends the following, not the run. */
async function follow(invocation: Invocation, runId: string): Promise<number> {
  const { run } = unwrap(await invocation.pawl.runs.resolve({ runId }))
  invocation.note(`run ${invocation.err.ids(run.id)}`)
  return withInterrupt(async (signal) => {
    const last = await followToEnd(invocation, run, { signal, untilSettled: true })
    return last?.outcome ? EXIT_OF_OUTCOME[last.outcome] : EXIT.done
  })
}

function collectInput(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** A field of the input: its name, and its value, which is JSON where it can be read so, else text. */
const FIELD = /^([A-Za-z_][\w-]*)=([^]*)$/

/** The input as a whole, or by its fields. */
function readInput(given: readonly string[] = []): JsonValue | undefined {
  const fields = given.map((text) => FIELD.exec(text))
  const [first] = given
  if (first === undefined || (given.length === 1 && !fields[0])) return readJson(first, '--input')
  return Object.fromEntries(
    fields.map((field, index) => {
      if (!field)
        throw new UsageError(`--input ${given[index]} is not NAME=VALUE, as the others are`, EXIT.usage)
      const [, name = '', value = ''] = field
      return [name, parseValue(value, name)]
    }),
  )
}

function parseValue(text: string, name: string): JsonValue {
  try {
    return checkExact(JSON.parse(text), `--input ${name}`)
  } catch (error) {
    if (error instanceof UsageError) throw error
    return text
  }
}
