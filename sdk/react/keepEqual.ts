/** The next value, with the objects of the old one that are equal: what has not changed is not drawn again. */
export function keepEqual<Value>(old: unknown, next: Value): Value {
  if (old === next || JSON.stringify(old) === JSON.stringify(next)) return old as Value
  if (Array.isArray(next)) {
    const known = new Map((Array.isArray(old) ? old : []).map((item: unknown) => [idOf(item), item]))
    return next.map((item: unknown) => keepEqual(known.get(idOf(item)), item)) as Value
  }
  if (!isObject(old) || !isObject(next)) return next
  return Object.fromEntries(
    Object.entries(next).map(([name, value]) => [name, keepEqual(old[name], value)]),
  ) as Value
}

function idOf(item: unknown): unknown {
  return isObject(item) ? item['id'] : item
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
