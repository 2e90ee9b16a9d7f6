import type { WorkflowDefinition, WorkflowIssue } from './workflow.ts'

/** The longest file or folder name that common file systems accept, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255

/**
 * Returns the mistakes in the artifact paths of a workflow: each path must lead to a file inside any workspace, on
 * any machine. Checked on registration only; workflows registered before are not checked again.
 */
export function declaredPathIssues({ phases }: WorkflowDefinition): WorkflowIssue[] {
  return phases.flatMap(({ artifact }, index) => {
    const objection = artifact && objectionTo(artifact.path)
    return objection ? [{ path: ['phases', String(index), 'artifact', 'path'], message: objection }] : []
  })
}

/** Returns what is wrong with a path; null if nothing is. */
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
