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

/** Opens the validator for files and for the schemas of workflows; its threads are started on demand. */
export function openValidator(limits: Partial<ThreadLimits> = {}) {
  const threads = new SchemaThreads(limits)
  return {
    /** Validates a file. Files of one project wait for each other, not for those of other projects. */
    async validateArtifact(
      declared: Declared,
      content: string,
      project: string,
    ): Promise<readonly ArtifactProblem[]> {
      // an empty file needs no further checks
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
    /** Validates the input of a run to be started; each mistake has its path in the input. */
    async validateInput(schema: object, input: unknown, project: string): Promise<readonly WorkflowIssue[]> {
      const task = { kind: 'schema', source: JSON.stringify(schema), text: JSON.stringify(input) } as const
      const found = toProblems(await threads.apply(`inputs of ${project}`, task))
      return found.map(({ path, message }) => ({ path: toPath(path), message }))
    },
    /** Validates the schemas of a workflow. Those of one caller wait for each other. */
    async checkSchemas(
      { phases, inputSchema }: WorkflowDefinition,
      caller: string,
    ): Promise<readonly WorkflowIssue[]> {
      const issues: WorkflowIssue[] = []
      if (inputSchema) {
        const task = { kind: 'schema', source: JSON.stringify(inputSchema), text: null } as const
        const found = toProblems(await threads.apply(`workflows of ${caller}`, task))
        issues.push(...found.map(({ message }) => ({ path: ['inputSchema'], message })))
      }
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
    /** Ends the threads and rejects running tasks. */
    close: () => threads.close(),
  }
}

/** The steps of a JSON pointer. */
function toPath(pointer: string): string[] {
  const steps = pointer.split('/').slice(1)
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Removes a byte order mark, which JSON must not begin with. */
function withoutMark(content: string): string {
  return content.startsWith('\ufeff') ? content.slice(1) : content
}

/** The checks for a file, each named by its field of the declaration. */
function demandsOf(declared: Declared): Omit<Task, 'text'>[] {
  const { pattern } = declared
  const demands: Omit<Task, 'text'>[] = []
  // a file declared as JSON must be JSON, even without a schema
  const schema = declared.schema ?? (isDeclaredJson(declared) ? {} : null)
  if (schema !== null) demands.push({ kind: 'schema', source: JSON.stringify(schema) })
  if (pattern !== null) demands.push({ kind: 'pattern', source: pattern })
  return demands
}

function toProblems(finding: Finding): readonly ArtifactProblem[] {
  if ('problems' in finding)
    return finding.problems.map(({ path, message }) => ({ path: tell(path), message: tell(message) }))
  if ('unparsable' in finding)
    return [{ path: '', message: tell(`the file is not JSON: ${finding.unparsable}`) }]
  if ('uncompilable' in finding)
    return [{ path: '', message: tell(`it can't be compiled: ${finding.uncompilable}`) }]
  return [{ path: '', message: TOO_MUCH }]
}

/** Maximum length of a problem's parts, in UTF-16 units. */
const MAX_LENGTH = 500

/** Problems quote parts of the schema or the file, so they are made storable. */
function tell(text: string): string {
  return composeText(text, { max: MAX_LENGTH })
}

const TOO_MUCH = 'it took too much time or memory to apply: simplify its patterns and alternatives'

function checkSize({ maxBytes }: Declared, content: string): ArtifactProblem[] {
  const size = Buffer.byteLength(content)
  if (maxBytes === null || size <= maxBytes) return []
  return [{ path: '', message: `the file has ${size} bytes; at most ${maxBytes} are allowed` }]
}
