import { Command } from 'commander'
import { agentsCheckCommand } from './agents/check.ts'
import { agentsListCommand } from './agents/list.ts'
import { approvalDecideCommand } from './approval/decide.ts'
import { approvalListCommand } from './approval/list.ts'
import { approvalRequestCommand } from './approval/request.ts'
import { approvalShowCommand } from './approval/show.ts'
import { artifactGetCommand } from './artifact/get.ts'
import { artifactListCommand } from './artifact/list.ts'
import { artifactShowCommand } from './artifact/show.ts'
import { artifactSubmitCommand } from './artifact/submit.ts'
import { completeCommand } from './complete.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { execCommand } from './exec.ts'
import { loginCommand, logoutCommand } from './login.ts'
import { logsCommand } from './run/logs.ts'
import { mcpCommand } from './mcp.ts'
import { messageAcknowledgeCommand } from './message/acknowledge.ts'
import { messageListCommand } from './message/list.ts'
import { messageSendCommand } from './message/send.ts'
import { createGroup, withExamples } from './kit/options.ts'
import { exportCommand } from './export.ts'
import { restoredCommand } from './restored.ts'
import { initCommand } from './init.ts'
import { importCommand } from './import.ts'
import { openCommand } from './open.ts'
import { phaseAdvanceCommand } from './phase/advance.ts'
import { phaseFailCommand } from './phase/fail.ts'
import { phaseStartCommand } from './phase/start.ts'
import { roundCompleteCommand } from './round/complete.ts'
import { runCancelCommand } from './run/cancel.ts'
import { runDetachCommand } from './run/detach.ts'
import { runClaimCommand } from './run/claim.ts'
import { runCompleteCommand } from './run/complete.ts'
import { runDeleteCommand } from './run/delete.ts'
import { runDiffCommand } from './run/diff.ts'
import { runEventsCommand } from './run/events.ts'
import { runFailCommand } from './run/fail.ts'
import { runListCommand } from './run/list.ts'
import { runMergeCommand } from './run/merge.ts'
import { runPauseCommand } from './run/pause.ts'
import { runPreviewCommand } from './run/preview.ts'
import { runReleaseCommand } from './run/release.ts'
import { runResumeCommand } from './run/resume.ts'
import { runShowCommand } from './run/show.ts'
import { runStartCommand } from './run/start.ts'
import { runWatchCommand } from './run/watch.ts'
import { serveCommand } from './serve.ts'
import { stateCommand } from './state.ts'
import { retentionCommand } from './retention.ts'
import { sweepCommand } from './sweep.ts'
import { tokenCreateCommand } from './token/create.ts'
import { tokenListCommand } from './token/list.ts'
import { tokenRevokeCommand } from './token/revoke.ts'
import { tokenRotateCommand } from './token/rotate.ts'
import { version } from './kit/version.ts'
import { workerCommand } from './worker.ts'
import { workflowApplyCommand } from './workflow/apply.ts'
import { workflowGraphCommand } from './workflow/graph.ts'
import { workflowListCommand } from './workflow/list.ts'
import { workflowShowCommand } from './workflow/show.ts'
import { workspaceListCommand } from './workspace/list.ts'
import { workspaceRemoveCommand } from './workspace/remove.ts'
import { workspaceShowCommand } from './workspace/show.ts'

const EXIT_CODES = `
Exit codes:
  0 done                 5 illegal transition
  1 fault                6 evidence missing
  2 usage                7 invalid artifact or input
  3 ambiguous run        8 lost a race, or not possible in this state
  4 not found            9 not allowed`

/** Every command of `pawl`. The options of `serve` are only loaded if the arguments name it. */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('pawl')
    .description('Tracks whether an agent run is really running, really done, and who may change it.')
    .version(version)
    // else `pawl worker list --json` would be asked of `pawl worker`
    .enablePositionalOptions()
    .showHelpAfterError('(use --help for the options)')
    .commandsGroup('Servers:')
    .addCommand(await serveCommand(words.includes('serve')))
    .addCommand(initCommand())
    .addCommand(openCommand())
    .addCommand(loginCommand())
    .addCommand(logoutCommand())
    .addCommand(workerCommand())
    .addCommand(
      createGroup('agents', 'see and try the agents that a worker runs', [
        agentsListCommand(),
        agentsCheckCommand(),
      ]),
    )
    .addCommand(demoCommand())
    .commandsGroup('Runs:')
    .addCommand(createRunGroup())
    .addCommand(logsCommand())
    .addCommand(execCommand())
    .addCommand(
      createGroup('approval', 'see and decide approvals', [
        approvalListCommand(),
        approvalShowCommand(),
        approvalDecideCommand(),
        approvalRequestCommand(),
      ]),
    )
    .addCommand(
      createGroup('message', 'send text to running agents', [
        messageSendCommand(),
        messageListCommand(),
        messageAcknowledgeCommand(),
      ]),
    )
    .addCommand(
      createGroup('workspace', 'see and remove the directories that runs work in', [
        workspaceListCommand(),
        workspaceShowCommand(),
        workspaceRemoveCommand(),
      ]),
    )
    .commandsGroup('For agents:')
    .addCommand(stateCommand())
    .addCommand(
      createGroup('phase', 'start, advance or fail phases of a run', [
        phaseStartCommand(),
        phaseAdvanceCommand(),
        phaseFailCommand(),
      ]),
    )
    .addCommand(
      createGroup('artifact', 'submit and read the files of a run', [
        artifactSubmitCommand(),
        artifactListCommand(),
        artifactShowCommand(),
        artifactGetCommand(),
      ]),
    )
    .addCommand(createGroup('round', 'complete rounds of a run', [roundCompleteCommand()]))
    .addCommand(mcpCommand())
    .commandsGroup('Administration:')
    .addCommand(
      createGroup('workflow', 'register and read workflows', [
        workflowApplyCommand(),
        workflowListCommand(),
        workflowShowCommand(),
        workflowGraphCommand(),
      ]),
    )
    .addCommand(
      createGroup('token', 'create, list and revoke tokens', [
        tokenCreateCommand(),
        tokenListCommand(),
        tokenRotateCommand(),
        tokenRevokeCommand(),
      ]),
    )
    .addCommand(sweepCommand())
    .addCommand(retentionCommand())
    .addCommand(doctorCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(restoredCommand())
    .commandsGroup('Help:')
    .addCommand(completeCommand())
    .addHelpText('after', EXIT_CODES)
  return withExamples(program, [
    'pawl demo',
    'pawl init',
    'pawl serve',
    "pawl exec --workflow review --title 'PR 31' -- my-agent --fast",
    'pawl run watch',
  ])
}

function createRunGroup(): Command {
  return createGroup('run', 'start, see and change runs', [
    runStartCommand(),
    runListCommand(),
    runShowCommand(),
    runWatchCommand(),
    runEventsCommand(),
    runPauseCommand(),
    runResumeCommand(),
    runCancelCommand(),
    runDetachCommand(),
    runClaimCommand(),
    runReleaseCommand(),
    runCompleteCommand(),
    runFailCommand(),
    runDiffCommand(),
    runMergeCommand(),
    runPreviewCommand(),
    runDeleteCommand(),
  ])
}
