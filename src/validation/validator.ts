import type { ArtifactProblem } from '../lifecycle/run/run.ts'
import {
  isDeclaredJson,
  type WorkflowDefinition,
  type WorkflowIssue,
  type WorkflowPhase,
} from '../lifecycle/workflow/workflow.ts'
import { composeText } from '../text/composeText.ts'
import type { Finding, Task, ThreadLimits } from './schemaThread.ts'
import { SchemaThreads } from './schemaThreads.ts'

/** What a workflow declares of a phase's artifact. */
type Declared = NonNullable<WorkflowPhase['artifact']>

/** Opens what validates files and the schemas of workflows; its threads are started when they are needed. */
export function openValidator(limits: Partial<ThreadLimits> = {}) {
  const threads = new SchemaThreads(limits)
  return {
    /** What is wrong with a file. Files of one project wait for one another, not for those of others. */
    async validateArtifact(
      declared: Declared,
      content: string,
      project: string,
    ): Promise<readonly ArtifactProblem[]> {
      // of a file that holds nothing there is nothing more to say
      if (declared.notEmpty && content.trim() === '') return [{ path: '', message: 'the file is empty' }]
      const problems = checkSize(declared, content)
      for (const { kind, source } of demandsOf(declared))
        problems.push(
          ...toProblems(
            await threads.apply(`files of ${project}`, { kind, source, text: withoutMark(content) }),
          ),
        )
      return problems
    },
    /** What is wrong with the schemas of a workflow. Those of one caller wait for one another. */
    async checkSchemas({ phases }: WorkflowDefinition, caller: string): Promise<readonly WorkflowIssue[]> {
      const issues: WorkflowIssue[] = []
      for (const [index, { artifact }] of phases.entries()) {
        for (const { kind, source } of artifact ? demandsOf(artifact) : []) {
          const path = ['phases', String(index), 'artifact', kind]
          const found = toProblems(
            await threads.apply(`workflows of ${caller}`, { kind, source, text: null }),
          )
          issues.push(...found.map(({ message }) => ({ path, message })))
        }
      }
      return issues
    },
    /** Ends the threads; what is under way is rejected. */
    close: () => threads.close(),
  }
}

/** A byte order mark is no part of a text, and JSON may not begin with one. */
function withoutMark(content: string): string {
  return content.startsWith('\ufeff') ? content.slice(1) : content
}

/** What the content must satisfy, named as the field of the declaration that it comes from. */
function demandsOf(declared: Declared): Omit<Task, 'text'>[] {
  const { pattern } = declared
  const demands: Omit<Task, 'text'>[] = []
  // what is declared as JSON must be some, also where nothing more is asked of it
  const schema = declared.schema ?? (isDeclaredJson(declared) ? {} : null)
  if (schema !== null) demands.push({ kind: 'schema', source: JSON.stringify(schema) })
  if (pattern !== null) demands.push({ kind: 'pattern', source: pattern })
  return demands
}

function toProblems(finding: Finding): readonly ArtifactProblem[] {
  if ('problems' in finding)
    return finding.problems.map(({ path, message }) => ({ path: tell(path), message: tell(message) }))
  if ('unparsable' in finding)
    return [{ path: '', message: tell(`the file is no JSON: ${finding.unparsable}`) }]
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

function checkSize({ maxBytes }: Declared, content: string): ArtifactProblem[] {
  const size = Buffer.byteLength(content)
  if (maxBytes === null || size <= maxBytes) return []
  return [{ path: '', message: `the file has ${size} bytes; at most ${maxBytes} are allowed` }]
}
