import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { WorkerConfig } from '../worker/config/config.ts'
import { checkSetUp, isRepository } from './init/checkSetUp.ts'
import { chooseAgent } from './init/chooseAgent.ts'
import type { Ask } from './init/chooseAgent.ts'
import {
  removeFiles,
  WORKER_FILE,
  WORKFLOW_FILE,
  WORKFLOW_TEXT,
  workerText,
  writeFiles,
} from './init/files.ts'
import { startHere } from './init/startHere.ts'
import { callPawl } from './kit/callPawl.ts'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions, Invocation } from './kit/invocation.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { createCommand, explanation, parseCount } from './kit/options.ts'
import { safeText } from './terminal/width.ts'
import { withPrompt } from './terminal/withPrompt.ts'

interface Options extends CommonOptions {
  readonly yes?: boolean
  readonly agent?: string
  readonly command?: string
  readonly start: boolean
  readonly port: number
  readonly undo?: boolean
}

const EXPLANATION = `
Files that exist are never overwritten. The server keeps its data in .pawl (or --data), which git ignores; it and the
worker run until Ctrl-C, and are started again by the same command.`

/** `pawl init`: sets up a worker and a workflow in the working directory, checks them, and starts. */
export function initCommand(): Command {
  return createCommand('init', 'set up agents for this folder: settings, a workflow, a server and a worker', [
    'pawl init',
    'pawl init --yes --agent claude        # asks nothing',
    "pawl init --command './my-agent --quiet' --no-start",
    'pawl init --undo',
  ])
    .option('-y, --yes', 'ask nothing: the first agent that is installed, and start')
    .option('--agent <name>', 'preset of the agent, as pawl agents list names it')
    .option('--command <words>', 'command of an agent of your own; it gets its task on standard input')
    .option('--no-start', 'only write and check the files')
    .option('--port <number>', 'port to listen on; another one if it is taken', parseCount, 4400)
    .option('--undo', 'remove the files that it wrote here, unless they were changed')
    .addHelpText('after', explanation(EXPLANATION))
    .action(
      createAction<Options>((invocation, options) =>
        options.undo ? undo(invocation) : setUp(invocation, options),
      ),
    )
}

async function setUp(invocation: Invocation, options: Options): Promise<number> {
  ignoreBrokenOutput()
  const folder = process.cwd()
  if (!options.yes && !process.stdin.isTTY)
    throw new UsageError('there is no terminal to ask at; in a script: pawl init --yes')
  const ask = options.yes ? null : askPerson
  const place = (await isRepository(folder)) ? 'REPOSITORY' : 'FOLDER'
  const agent = existsSync(WORKER_FILE)
    ? ''
    : await chooseAgent(options, ask, (line) => invocation.note(line))
  const written = await writeFiles(folder, {
    [WORKFLOW_FILE]: WORKFLOW_TEXT,
    [WORKER_FILE]: workerText(agent, place),
  })
  for (const { name, isWritten } of written)
    invocation.note(isWritten ? `wrote ${name}` : `${name} was there, and is left as it is`)
  if (written.some(({ isWritten }) => isWritten)) invocation.note('undo this with: pawl init --undo')
  const config = await readConfig()
  const problems = await checkSetUp(folder, config, WORKFLOW_FILE)
  for (const problem of problems)
    invocation.err.line(invocation.err.colors.yellow(`pawl: ${safeText(problem)}`))
  if (problems.length > 0) {
    invocation.note(`nothing was started: mend that in ${WORKER_FILE}, then call pawl init again`)
    return EXIT.fault
  }
  const isStarted =
    options.start && (ask === null || isYes(await ask('Start the server and a worker now? [Y/n] ')))
  if (!isStarted) {
    invocation.note(`everything is there; start with: ${callPawl()} init`)
    return EXIT.done
  }
  return startHere(invocation, { data: resolve(options.data ?? '.pawl'), port: options.port, config, ask })
}

async function undo(invocation: Invocation): Promise<number> {
  const removed = await removeFiles(process.cwd())
  return invocation.answer(removed, (printer) => {
    for (const { name, isRemoved } of removed)
      printer.line(isRemoved ? `removed ${name}` : `${name} was changed, and is left as it is`)
    if (removed.length === 0) invocation.note('nothing here was written by pawl init')
    invocation.note(
      'runs and their worktrees are in .pawl; to remove them too, stop the server, then: rm -r .pawl',
    )
  })
}

async function readConfig(): Promise<WorkerConfig> {
  const [{ ConfigError }, { loadConfig }] = await Promise.all([
    import('../configFile.ts'),
    import('../worker/config/loadConfig.ts'),
  ])
  return loadConfig({ file: WORKER_FILE }).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.message)
  })
}

const askPerson: NonNullable<Ask> = (question) =>
  withPrompt({ output: process.stderr }, async (terminal) => (await terminal.question(question)).trim())

const isYes = (answer: string): boolean => !/^n/i.test(answer)
