import { PRESETS } from '../../adapters/presets.ts'

/** Settings with their presets filled in, and an issue for each unknown preset. */
export interface Filled {
  readonly settings: Readonly<Record<string, unknown>>
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}

/**
 * Replaces each agent given as `{ preset, … }` with that preset, overridden by the other given fields. A field that is an object, as
 * `env`, is overridden by each field of its own: a variable that is given takes away none of the preset's.
 */
export function fillPresets(settings: Readonly<Record<string, unknown>>): Filled {
  const { agents } = settings
  if (!isRecord(agents)) return { settings, issues: [] }
  const issues: { path: PropertyKey[]; message: string }[] = []
  const filled = Object.entries(agents).map(([role, agent]): [string, unknown] => {
    if (!isRecord(agent) || agent['preset'] === undefined) return [role, agent]
    const { preset: name, ...given } = agent
    const preset = Object.entries(PRESETS).find(([known]) => known === name)?.[1]
    if (preset) return [role, override(preset, given)]
    const message = `there is no preset ${JSON.stringify(name)} (known: ${Object.keys(PRESETS).join(', ')})`
    issues.push({ path: ['agents', role, 'preset'], message })
    return [role, { adapter: 'process', command: ['true'], prompt: 'stdin', ...given }]
  })
  return { settings: { ...settings, agents: Object.fromEntries(filled) }, issues }
}

function override(preset: object, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...preset }
  for (const [name, value] of Object.entries(given)) {
    const before = merged[name]
    merged[name] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value
  }
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
