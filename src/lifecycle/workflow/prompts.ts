/**
 * The placeholders that a prompt may use between `{{` and `}}`; `input` alone, or followed by the path of a value:
 * `input.repo.name`.
 */
export const PROMPT_PLACEHOLDERS = [
  'title',
  'input',
  'run',
  'workflow',
  'phase',
  'role',
  'round',
  'attempt',
  'next',
  'feedback',
  'artifact.path',
  'artifact.mediaType',
  'artifact.schema',
] as const

/** The declarations of the phase that a prompt belongs to. */
interface PromptedPhase {
  readonly role: string | null
  readonly artifact: { readonly schema: unknown } | null
}

const PLACEHOLDER = /\{\{\s*(.*?)\s*\}\}/gs
const INPUT_PATH = /^input(\.[A-Za-z0-9_-]+)+$/

/** Returns every mistake in the placeholders of a prompt; a placeholder used twice is reported once. */
export function promptMistakes(prompt: string, { role, artifact }: PromptedPhase): string[] {
  const names = new Set(Array.from(prompt.matchAll(PLACEHOLDER), ([, name = '']) => name))
  const mistakes = [...names].flatMap((name) => {
    if (!isKnown(name)) return [`unknown placeholder: {{${name}}} (known: ${KNOWN})`]
    if (name.startsWith('artifact.') && !artifact)
      return [`empty placeholder: {{${name}}}, but no artifact is declared`]
    if (name === 'artifact.schema' && !artifact?.schema)
      return ['empty placeholder: {{artifact.schema}}, but the artifact declares no schema']
    return []
  })
  return role === null ? ['prompt without a reader: the phase has no role', ...mistakes] : mistakes
}

const KNOWN = PROMPT_PLACEHOLDERS.flatMap((name) => (name === 'input' ? [name, 'input.NAME'] : [name])).join(
  ', ',
)

function isKnown(name: string): boolean {
  return INPUT_PATH.test(name) || PROMPT_PLACEHOLDERS.some((known) => known === name)
}
