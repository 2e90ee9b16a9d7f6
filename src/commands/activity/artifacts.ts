import type { CommandOf } from '../../lifecycle/run/commandInputs.ts'
import { type Artifact, type ArtifactProblem, currentPhaseOf } from '../../lifecycle/run/run.ts'
import { findWorkflowPhase } from '../../lifecycle/workflow/workflow.ts'
import { type ArtifactName, findArtifact } from '../../store/activity/findArtifact.ts'
import { loadRuns } from '../../store/run/loadRun.ts'
import { type RefusedWith, type ResultOf, type RunSuccess, refuse } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { type WorkSuccess, withRow } from './changeWork.ts'
import { changeRun } from '../run/changeRun.ts'
import { type Caller, type Commands, fenceOf, toRequest } from '../kit/context.ts'
import { hashText } from './hashText.ts'
import { newId } from '../kit/ids.ts'
import { type DrivingInput } from '../run/runCommands.ts'

/** A file that a phase produced. */
export interface SubmitArtifact extends DrivingInput {
  readonly phase: string
  /** Path of the file, relative to the workspace. */
  readonly path: string
  readonly content: string
  /** The git tree of the worktree that the file belongs to. */
  readonly tree?: string | null | undefined
}

/**
 * Stores a file and validates it against the workflow's declaration for its phase. A valid file completes the phase,
 * or opens its approval. Problems: IllegalTransition, UnknownPhase, RunNotActive, LeaseLost, and InvalidInput if the
 * file exceeds the server's limit.
 */
export async function submitArtifact(
  commands: Commands,
  caller: Caller,
  input: SubmitArtifact,
): Promise<ResultOf<'submitArtifact', WorkSuccess<Artifact>>> {
  const { runId, idempotencyKey, ifRevision } = input
  const prepared = await prepareSubmission(commands, caller, input)
  if ('problem' in prepared) return prepared
  const { command, contents, hashed } = prepared
  const request = toRequest(hashed)
  const about = { runId, command, contents, idempotencyKey, ifRevision, request }
  const answer = await changeRun(commands, caller, about)
  return answer.ok ? { ...answer, row: await presentArtifact(commands, answer, command) } : answer
}

/** A submission that is ready to be decided. */
export interface Submission {
  readonly command: CommandOf<'submitArtifact'>
  readonly contents: ReadonlyMap<string, string>
  /** The input with the hash of the content instead of the content, which a repeated request is compared with. */
  readonly hashed: SubmitArtifact
}

/** Hashes and validates a file before it is decided on. */
export async function prepareSubmission(
  commands: Commands,
  caller: Caller,
  input: SubmitArtifact,
): Promise<Submission | RefusedWith<'InvalidInput' | 'NotFound' | 'Forbidden'>> {
  const { phase, path, content, fence } = input
  const size = Buffer.byteLength(content)
  const most = commands.settings.maxArtifactBytes
  if (size > most) {
    const message = `the file has ${size} bytes; this server takes at most ${most}`
    return refuse({ type: 'InvalidInput', issues: [{ path: ['content'], message }] })
  }
  const problems = await findProblems(commands, caller, input)
  if ('problem' in problems) return problems
  const sha256 = await hashText(content)
  const artifactId = newId('artifact')
  return {
    command: {
      type: 'submitArtifact',
      artifactId,
      phase,
      path,
      sha256,
      size,
      problems,
      tree: input.tree ?? null,
      fence: fenceOf(caller, fence),
    },
    contents: new Map([[artifactId, content]]),
    hashed: { ...input, content: sha256 },
  }
}

/** The artifact that a command has submitted. */
export async function presentArtifact(
  { store }: Commands,
  answer: RunSuccess,
  { path, sha256 }: Pick<ArtifactName, 'path' | 'sha256'>,
): Promise<Artifact> {
  const named = { ...attemptOf(answer), path, sha256 }
  const present = answer.run.run.artifacts.find((each) => isNamed(each, named))
  return withRow(answer, present ?? (await findArtifact(store.pool, named))).row
}

/**
 * Returns the phase and the attempt that a file was submitted for; the key of a submission is stored with its last
 * event.
 */
function attemptOf({ event, run: { run } }: RunSuccess): Pick<ArtifactName, 'phaseId' | 'attempt'> {
  switch (event?.type) {
    case 'phase.completed':
      return { phaseId: event.payload.id, attempt: event.payload.attempt }
    case 'artifact.validated':
    case 'artifact.invalid':
      return event.payload
    case 'approval.requested':
      return { phaseId: event.payload.phaseId ?? '', attempt: event.payload.attempt ?? 0 }
    default: {
      const { id: phaseId, attempts: attempt } = currentPhaseOf(run)
      return { phaseId, attempt }
    }
  }
}

function isNamed(artifact: Artifact, { phaseId, attempt, path, sha256 }: ArtifactName): boolean {
  return (
    artifact.phaseId === phaseId &&
    artifact.attempt === attempt &&
    artifact.path === path &&
    artifact.sha256 === sha256
  )
}

/**
 * Validates the file against the declaration of its phase. This can run before the decision, because a run's workflow
 * never changes.
 */
async function findProblems(
  { store, validator }: Commands,
  caller: Caller,
  { runId, phase, path, content }: SubmitArtifact,
): Promise<readonly ArtifactProblem[] | RefusedWith<'NotFound' | 'Forbidden'>> {
  const [loaded] = await loadRuns(store.pool, store, [runId])
  if (!loaded) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  const denied = checkRun(caller, loaded.run) ?? checkRole(caller, 'submitArtifact')
  if (denied) return denied
  const declared = findWorkflowPhase(loaded.workflow, phase)?.artifact
  return declared?.path === path ? validator.validateArtifact(declared, content, loaded.run.project) : []
}
