import type { Artifact, Phase } from '@pawl/sdk'
import { z } from 'zod'
import { answerResult } from '../kit/answer.ts'
import type { Answer } from '../kit/answer.ts'
import { phaseResult, phaseSchema } from '../kit/schemas.ts'
import { defineAgentTool } from '../kit/tool.ts'

const artifactResult = z.object({
  artifactId: z.string(),
  path: z.string(),
  sha256: z.string(),
  isValid: z.boolean().describe('Whether it satisfies the phase.'),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
  phase: phaseResult,
})

/** Submits a file of the current phase. */
export const submitArtifact = defineAgentTool({
  name: 'pawl_artifact_submit',
  title: 'Submit the file of the phase',
  description:
    'Submits a file of the current phase, which the server checks against what the phase declares. A valid one at the declared path completes the phase or asks for its approval; an invalid one is answered with what is wrong in it: correct it and submit again. A worker submits the file that you write in the workspace by itself.',
  hints: { isIdempotent: true },
  input: z.strictObject({
    phase: phaseSchema,
    path: z.string().min(1).max(1_000).describe('The path that the phase declares (`phase.artifact.path`).'),
    content: z.string().describe('The whole file, as text.'),
  }),
  result: artifactResult,
  async perform({ pawl, runId, call }, { phase, path, content }) {
    const result = await pawl.artifacts.submit(runId, phase, { path, content, ...call })
    return answerResult(result, ({ artifact, phase: at }) => tell(artifact, at))
  },
})

function tell(artifact: Artifact, { key, status, attempts }: Phase): Answer<z.input<typeof artifactResult>> {
  const { id: artifactId, path, sha256, isValid } = artifact
  const problems = artifact.problems.map((problem) => ({ path: problem.path, message: problem.message }))
  const result = { artifactId, path, sha256, isValid, problems, phase: { key, status, attempts } }
  if (isValid) return { say: `${path} is accepted; the phase ${key} is ${status}.`, result }
  const wrong = problems.map((problem) => `${problem.path || path}: ${problem.message}`)
  const say = `${path} does not satisfy the phase ${key}. Correct it and submit it again. ${wrong.join('; ')}`
  return { say, result, isInsufficient: true }
}
