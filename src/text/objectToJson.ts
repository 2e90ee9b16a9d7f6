import { isStorable } from './composeText.ts'

/** Why a JSON value can't be stored, and the path of the offending part. */
export interface Objection {
  readonly path: readonly string[]
  readonly message: string
}

/** Limits of a JSON value. */
export interface JsonLimits {
  /** Bytes of UTF-8, as JSON is written without spaces. */
  readonly bytes: number
  /** Number of values, including itself, objects and lists. */
  readonly values: number
  /** How deep values are nested in one another. */
  readonly depth: number
}

/** The position of a value: its parent and its key. */
interface Place {
  readonly value: unknown
  readonly key: string
  readonly above: Place | null
  readonly depth: number
}

/**
 * Finds the first reason why a value can't be stored and read back exactly as JSON: an exceeded limit, a number that would be rounded, a
 * text that can't be stored, the key `__proto__`. Undefined if there is none.
 *
 * Nothing is built from the value before it is known to be within the limits, and no depth overflows the stack.
 */
export function objectToJson(root: unknown, limits: Partial<JsonLimits> = {}): Objection | undefined {
  const { bytes = Infinity, values = Infinity, depth = Infinity } = limits
  const open: Place[] = [{ value: root, key: '', above: null, depth: 0 }]
  let count = 1
  let units = 0
  for (let place = open.pop(); place; place = open.pop()) {
    const { value } = place
    if (place.depth > depth) return objection(place, `is nested deeper than ${depth}`)
    const message = whyInexact(value)
    if (message) return objection(place, message)
    if (typeof value === 'string') units += value.length
    if (typeof value === 'object' && value !== null) {
      const keys = Array.isArray(value) ? null : Object.keys(value)
      const children: ArrayLike<unknown> = keys ?? (value as unknown[])
      count += children.length
      if (count > values) return tooManyValues(values)
      for (let index = children.length - 1; index >= 0; index -= 1) {
        const key = keys?.[index] ?? String(index)
        const child = (value as Readonly<Record<string, unknown>>)[key]
        const below = { value: child, key, above: place, depth: place.depth + 1 }
        if (keys) {
          units += key.length
          if (key === '__proto__') return objection(below, 'is a key that can not be kept')
          if (!isStorable(key)) return objection(place, `has a key that ${UNSTORABLE}`)
        }
        open.push(below)
      }
    }
    if (units > bytes) return tooLong(bytes)
  }
  if (bytes === Infinity) return undefined
  return lengthOf(root) > bytes ? tooLong(bytes) : undefined
}

/** Never throws: the value was checked before. */
function lengthOf(value: unknown): number {
  // JSON.stringify returns undefined for a value that is left out
  return value === undefined ? 0 : new TextEncoder().encode(JSON.stringify(value)).length
}

function whyInexact(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) return 'is a number that JSON does not have, or one too large to be kept'
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
        return 'is a number beyond 2^53 - 1, which can not be kept exactly: send it as text'
      return undefined
    case 'string':
      return isStorable(value) ? undefined : UNSTORABLE
    case 'boolean':
    case 'object':
      return undefined
    default:
      return `is not JSON: ${typeof value}`
  }
}

const UNSTORABLE = 'holds a NUL character or half of a character'

function tooManyValues(most: number): Objection {
  return { path: [], message: `has more than ${most} values` }
}

function tooLong(most: number): Objection {
  return { path: [], message: `is longer than ${most} bytes` }
}

/** Maximum length of a reported path. */
const MAX_PATH = 64

function objection(place: Place, message: string): Objection {
  const path: string[] = []
  for (let at: Place | null = place; at?.above; at = at.above) path.push(at.key)
  return { path: path.toReversed().slice(0, MAX_PATH), message }
}
