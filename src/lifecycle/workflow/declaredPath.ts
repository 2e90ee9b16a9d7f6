import type { WorkflowDefinition, WorkflowIssue } from './workflow.ts'

/** The longest name of a file or folder that common file systems take, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255

/**
 * What is wrong with the paths that a workflow declares for its artifacts: each must lead to a file inside of any workspace, on
 * any machine. Looked at when a workflow is registered; one that was registered before stays what it is.
 */
export function declaredPathIssues({ phases }: WorkflowDefinition): WorkflowIssue[] {
  return phases.flatMap(({ artifact }, index) => {
    const objection = artifact && objectionTo(artifact.path)
    return objection ? [{ path: ['phases', String(index), 'artifact', 'path'], message: objection }] : []
  })
}

/** What is wrong with one path; null where nothing is. */
function objectionTo(path: string): string | null {
  if (path.trim() === '') return 'the path is empty'
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'the path has control characters'
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'the path is absolute: give it from the workspace'
  if (path.includes('\\')) return 'the path has a backslash: separate folders by /'
  if (path.endsWith('/')) return 'the path ends in /: name a file'
  const names = path.split('/')
  if (names.includes('..')) return 'the path leads upwards (..): name a file inside of the workspace'
  if (names.includes('.') || names.includes('')) return 'the path has an empty step (. or //): leave it out'
  if (names.some((name) => name.toLowerCase() === '.git'))
    return 'the path leads into .git, which is not the work'
  if (names.some((name) => new TextEncoder().encode(name).length > MAX_NAME_BYTES))
    return `the path has a name of more than ${MAX_NAME_BYTES} bytes, which no file can have`
  return null
}
