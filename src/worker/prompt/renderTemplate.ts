import type { JsonValue, PromptPlaceholder } from '@pawl/sdk'
import type { PromptFacts } from './promptFacts.ts'

type Rendering = (facts: PromptFacts) => string

const RENDERINGS: Readonly<Record<PromptPlaceholder, Rendering>> = {
  title: ({ run }) => run.title ?? run.id,
  input: ({ run }) => show(run.input),
  run: ({ run }) => run.id,
  workflow: ({ workflow }) => workflow,
  phase: ({ declared }) => declared.key,
  role: ({ declared }) => declared.role ?? '',
  round: ({ round }) => String(round),
  attempt: ({ attempt }) => String(attempt),
  next: ({ declared }) => declared.next.join(', '),
  feedback: ({ feedback }) => feedback ?? '',
  'artifact.path': ({ declared }) => declared.artifact?.path ?? '',
  'artifact.mediaType': ({ declared }) => declared.artifact?.mediaType ?? '',
  'artifact.schema': ({ declared }) => show(declared.artifact?.schema),
}

/** Fills in a phase's prompt. What is filled in is never read as a template again. */
export function renderTemplate(template: string, facts: PromptFacts): string {
  return template.replaceAll(/\{\{\s*(.*?)\s*\}\}/gs, (whole, name: string) => {
    if (name.startsWith('input.')) return show(valueAt(facts.run.input, name.split('.').slice(1)))
    return Object.hasOwn(RENDERINGS, name) ? RENDERINGS[name as PromptPlaceholder](facts) : whole
  })
}

function valueAt(value: JsonValue | undefined, way: readonly string[]): JsonValue | undefined {
  const [key, ...rest] = way
  if (key === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return valueAt((value as Record<string, JsonValue>)[key], rest)
}

/** Text as it is, nothing as nothing, anything else as JSON. */
function show(value: JsonValue | null | undefined): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}
