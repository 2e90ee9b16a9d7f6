import { isChanged } from '../../workspaces/files/baseline.ts'
import { readArtifact } from '../../workspaces/files/readArtifact.ts'
import type { Artifact, ArtifactTrouble } from '../../workspaces/files/readArtifact.ts'
import type { DeclaredArtifact } from '../run/declared.ts'
import type { Move, PhaseWork, Turn } from './phaseWork.ts'

/** Looks at what the agent has left, now that it does not work any more. */
export async function judgeWork(work: PhaseWork): Promise<Move> {
  const { drive, turn, declared } = work
  await drive.steering.end()
  if (work.hasMoved(await drive.readRun())) return 'LEAVE'
  if (turn === 'OVER' && work.waiting.length > 0) {
    await work.makeReady()
    work.prompt = undefined
    return 'PROMPT'
  }
  // A file that was being written when its agent was ended can't be told from a whole one: the agent has to say.
  if (turn === 'GONE' || turn === 'KILLED') return 'RECOVER'
  const { artifact } = declared
  const found = artifact && (await readArtifact(await work.place(artifact)))
  if (found && found.outcome !== 'MISSING' && counts(work, found)) {
    work.found = found
    await drive.step('artifact-found')
    return 'SUBMIT'
  }
  if (turn === 'NONE') return 'PROMPT'
  if (turn === 'CRASHED') return 'RECOVER'
  work.problem = describe(turn, artifact, found?.outcome === 'MISSING')
  work.code = codeOf(turn, found?.outcome)
  return 'CORRECT'
}

function codeOf(turn: Turn, found: string | undefined): string {
  if (turn !== 'OVER') return 'ARTIFACT_TIMEOUT'
  if (found === undefined) return 'NOT_FINISHED'
  return found === 'MISSING' ? 'NO_ARTIFACT' : 'INVALID_ARTIFACT'
}

/** Whether it is another than what was judged before. */
function counts({ baseline }: PhaseWork, found: Artifact | ArtifactTrouble): boolean {
  return !('state' in found) || isChanged(baseline, found.state)
}

function describe(turn: Turn, artifact: DeclaredArtifact | null, isMissing: boolean): string {
  const what = !artifact
    ? 'nothing was said about the work (`pawl state` tells what to say)'
    : isMissing
      ? `the file \`${artifact.path}\` was not written`
      : `the file \`${artifact.path}\` is as it was, and that was not accepted`
  if (turn === 'SILENT') return `${what}; the agent was ended after it showed no sign of life for too long`
  return turn === 'LATE' ? `${what} in time; the agent was ended` : what
}
