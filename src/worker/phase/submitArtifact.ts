import type { ArtifactTrouble } from '../../workspaces/files/readArtifact.ts'
import { isRefusedAs } from '../run/trouble.ts'
import type { DeclaredArtifact } from '../run/declared.ts'
import type { Move, PhaseWork } from './phaseWork.ts'

/** Hands the file over. A valid one ends the phase; after another the agent, where it is still at work, may write it anew. */
export async function submitArtifact(work: PhaseWork): Promise<Move> {
  const { drive, declared, found, open } = work
  const { artifact, approval } = declared
  if (!artifact || !found) throw new Error(`phase ${work.key} has no file to submit`)
  if (found.outcome !== 'FOUND') {
    if ('problem' in found && found.outcome !== 'NOT_A_FILE') throw found.problem
    return refuse(work, describe(artifact, found))
  }
  // The turn is over: the next owner knows by this that the file is whole. While a question is open nothing can be said.
  if (work.turn !== 'ON' && open.status === 'BUSY' && approval)
    await drive.agents.move(open, 'WAITING_FOR_APPROVAL')
  else if (work.turn === 'OVER') await work.makeReady()
  const { content } = found
  const fields = { path: artifact.path, content, ...drive.call }
  try {
    const submitted = drive.accept(await drive.owned.artifacts.submit(work.key, fields))
    const { valid, problems } = submitted.artifact
    drive.report({ kind: 'artifact-submitted', phase: work.key, path: artifact.path, problems })
    await drive.step('artifact-submitted')
    if (valid) {
      // Whatever its process ended with: its work is there.
      if (work.turn === 'CRASHED') work.turn = 'OVER'
      return 'LEAVE'
    }
    return refuse(work, `the file \`${artifact.path}\` was not accepted`)
  } catch (error) {
    // What the server does not even take, as a file past its own limit.
    if (isRefusedAs(error, 'InvalidInput')) return refuse(work, (error as Error).message)
    throw error
  }
}

function refuse(work: PhaseWork, problem: string): Move {
  work.problem = problem
  work.code = 'INVALID_ARTIFACT'
  if (work.found && 'state' in work.found) {
    work.baseline = work.found.state
    work.before = work.found.state
  }
  return work.turn === 'ON' ? 'AWAIT' : 'CORRECT'
}

function describe({ path }: DeclaredArtifact, trouble: ArtifactTrouble): string {
  switch (trouble.outcome) {
    case 'TOO_LARGE':
      return `the file \`${path}\` is larger than ${trouble.maxBytes} bytes`
    case 'NOT_TEXT':
      return `the file \`${path}\` is no text in UTF-8`
    default:
      return trouble.problem.message
  }
}
