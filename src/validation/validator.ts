import type { ArtifactProblem, Json } from '../lifecycle/run.ts'
import {
  isDeclaredJson,
  type WorkflowDefinition,
  type WorkflowIssue,
  type WorkflowPhase,
} from '../lifecycle/workflow.ts'
import { composeText } from '../text/composeText.ts'
import { type Finding, SchemaThread, type ThreadLimits } from './schemaThread.ts'

/** What a workflow declares of a phase's artifact. */
type Declared = NonNullable<WorkflowPhase['artifact']>

/** Opens what validates files and the schemas of workflows; its thread is started when the first schema comes. */
export function openValidator(limits: Partial<ThreadLimits> = {}) {
  const thread = new SchemaThread(limits)
  return {
    async validateArtifact(declared: Declared, content: string): Promise<readonly ArtifactProblem[]> {
      const problems = checkConstraints(declared, content)
      for (const { schema, document } of demandsOf(declared, content)) {
        const misspelt = checkJson(document)
        problems.push(
          ...(misspelt ? [misspelt] : toProblems(await thread.apply(JSON.stringify(schema), document))),
        )
      }
      return problems
    },
    async checkSchemas({ phases }: WorkflowDefinition): Promise<readonly WorkflowIssue[]> {
      const issues: WorkflowIssue[] = []
      for (const [index, { artifact }] of phases.entries()) {
        for (const { schema, field } of artifact ? demandsOf(artifact, '') : []) {
          const path = ['phases', String(index), 'artifact', field]
          const found = toProblems(await thread.apply(JSON.stringify(schema), null))
          issues.push(...found.map(({ message }) => ({ path, message })))
        }
      }
      return issues
    },
    /** Ends the thread; what is under way is rejected. */
    close: () => thread.close(),
  }
}

/** A schema that a JSON text must satisfy, and the field of the declaration it comes from. */
interface Demand {
  readonly field: 'schema' | 'pattern'
  readonly schema: Json
  readonly document: string
}

/** A pattern may be as hostile as a schema, so it is applied as one: to the file as a single string. */
function demandsOf(declared: Declared, content: string): Demand[] {
  const { pattern } = declared
  const demands: Demand[] = []
  // what is declared as JSON must be some, also where nothing more is asked of it
  const schema = declared.schema ?? (isDeclaredJson(declared) ? {} : null)
  if (schema !== null) demands.push({ field: 'schema', schema, document: content })
  if (pattern !== null)
    demands.push({ field: 'pattern', schema: { type: 'string', pattern }, document: JSON.stringify(content) })
  return demands
}

function toProblems(finding: Finding): readonly ArtifactProblem[] {
  if ('problems' in finding)
    return finding.problems.map(({ path, message }) => ({ path: tell(path), message: tell(message) }))
  if ('uncompilable' in finding)
    return [{ path: '', message: tell(`it can't be compiled: ${finding.uncompilable}`) }]
  return [{ path: '', message: TOO_MUCH }]
}

/** How much is told of each part of a problem, in UTF-16 units. */
const MAX_LENGTH = 500

/** What a schema or a file was found to be quotes its own words, whatever they are. */
function tell(text: string): string {
  return composeText(text, { max: MAX_LENGTH })
}

const TOO_MUCH = 'it took too much time or memory to apply: simplify its patterns and alternatives'

function checkConstraints({ notEmpty, maxBytes }: Declared, content: string): ArtifactProblem[] {
  const problems: ArtifactProblem[] = []
  const say = (message: string) => problems.push({ path: '', message })
  if (notEmpty && content.trim() === '') say('the file is empty')
  const size = Buffer.byteLength(content)
  if (maxBytes !== null && size > maxBytes) say(`the file has ${size} bytes; at most ${maxBytes} are allowed`)
  return problems
}

function checkJson(content: string): ArtifactProblem | undefined {
  try {
    JSON.parse(content)
    return undefined
  } catch (error) {
    return {
      path: '',
      message: tell(`the file is no JSON: ${error instanceof Error ? error.message : String(error)}`),
    }
  }
}
