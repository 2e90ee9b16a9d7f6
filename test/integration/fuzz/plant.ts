/** The JSON text of a value with another text in one place of it. */
export function plant(value: object, [name = '', ...rest]: readonly string[], text: string): string {
  const inner = (value as Record<string, object>)[name] ?? {}
  const planted = rest.length === 0 ? text : plant(inner, rest, text)
  if (Array.isArray(value)) {
    const items = value.map((item, index) => (String(index) === name ? planted : JSON.stringify(item)))
    return `[${items.length > 0 ? items.join() : planted}]`
  }
  const others = Object.entries(value).filter(([key]) => key !== name)
  const fields = others.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`)
  return `{${[...fields, `${JSON.stringify(name)}:${planted}`].join()}}`
}
