/** Text for a cell of a Markdown table. */
export function cell(text: string): string {
  return escapeTags(text)
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ')
}

/** Text in which `<name>` is shown instead of being taken for markup; code keeps its own. */
export function escapeTags(text: string): string {
  return text.replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? '&lt;' : found))
}

/** A table in Markdown, or nothing where it would have no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return [line(heads), line(heads.map(() => '---')), ...rows.map((row) => line(row.map(cell)))].join('')
}

/** A block of code. */
export function code(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\`\n`
}
