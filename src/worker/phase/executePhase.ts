import type { Phase } from '@pawl/sdk'
import { findDeclaredPhase } from '../run/declared.ts'
import type { RunWithAgents } from '../agent/runWithAgents.ts'
import { isRefusedAs, RunFailedError, RunGivenBackError, troubleOf } from '../run/trouble.ts'
import { awaitWork } from './awaitWork.ts'
import { beginPhase } from './beginPhase.ts'
import { clearArtifact } from './clearArtifact.ts'
import { correctWork } from './correctWork.ts'
import { enterPhase } from './enterPhase.ts'
import { failPhase } from './failPhase.ts'
import { judgeWork } from './judgeWork.ts'
import { leavePhase } from './leavePhase.ts'
import { openAgent } from './openAgent.ts'
import { PhaseWork } from './phaseWork.ts'
import type { Move } from './phaseWork.ts'
import { recoverSession } from './recoverSession.ts'
import { sendPrompt } from './sendPrompt.ts'
import { submitArtifact } from './submitArtifact.ts'

type Step = (work: PhaseWork) => Promise<Move>

/**
 * The procedure of a phase:
 *
 *     BEGIN → OPEN → ENTER → CLEAR → PROMPT → AWAIT → JUDGE → SUBMIT → LEAVE
 *                      │               ▲        ▲               │
 *                      │               │        └─ invalid, ────┤
 *                      │               │           still at it  │ invalid
 *                      └──► RECOVER ───┴──────── CORRECT ◄──────┘
 *
 * ENTER goes on wherever an earlier owner stood. CORRECT and RECOVER have budgets; past them, and on any other trouble, FAIL.
 */
const STEPS: Readonly<Record<Exclude<Move, 'DONE'>, Step>> = {
  BEGIN: beginPhase,
  OPEN: openAgent,
  ENTER: enterPhase,
  CLEAR: clearArtifact,
  PROMPT: sendPrompt,
  AWAIT: awaitWork,
  JUDGE: judgeWork,
  SUBMIT: submitArtifact,
  CORRECT: correctWork,
  RECOVER: recoverSession,
  LEAVE: leavePhase,
  FAIL: failPhase,
}

/**
 * Has the agent of its role do the work of the phase that the run stands at, from wherever the log says that it stands: until it is
 * completed, waits for a person, or was moved on by the agent itself.
 *
 * @throws RunLeftError, or the signal's reason, where the run is not this owner's to drive any more; RunFailedError where the run
 * is to be failed
 */
export async function executePhase(drive: RunWithAgents, phase: Phase, role: string): Promise<void> {
  const work = new PhaseWork(drive, findDeclaredPhase(drive.workflow, phase.key), role, phase)
  drive.agents.phase = phase.key
  let move: Move = 'BEGIN'
  while (move !== 'DONE') {
    try {
      move = await STEPS[move](work)
    } catch (error) {
      move = await meet(work, move, error)
    }
  }
}

/**
 * A worker that can't work is no reason to ask a person about the run, nor to fail it: somebody else may go on with it.
 *
 * @throws RunGivenBackError
 */
async function giveBackUnfit({ tools }: RunWithAgents, error: unknown): Promise<void> {
  const trouble = troubleOf(error)
  // a directory that was there when the run began was taken away by its own agent
  const isOfTheRun =
    error instanceof RunFailedError || trouble?.errorClass === 'FATAL' || trouble?.code === 'WORKSPACE_GONE'
  if (isOfTheRun || (await tools.isReady())) return
  throw new RunGivenBackError('This worker can not work', { cause: error })
}

/** What follows an error: a trouble fails the phase, a phase that the agent has moved on is left. */
async function meet(work: PhaseWork, move: Move, error: unknown): Promise<Move> {
  const { drive } = work
  if (drive.hasLeft || move === 'FAIL') throw error
  await giveBackUnfit(drive, error)
  const trouble = troubleOf(error)
  if (trouble) {
    work.trouble = trouble
    return 'FAIL'
  }
  if (isRefusedAs(error, 'IllegalTransition') && work.hasMoved(await drive.readRun())) return 'LEAVE'
  throw error
}
