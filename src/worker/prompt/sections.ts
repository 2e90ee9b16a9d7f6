/** A heading with what stands below it; nothing where there is nothing to say. */
export function section(heading: string, text: string | false | null): string[] {
  return text ? [`## ${heading}`, text] : []
}

/** Lines as a list, each kept together. */
export function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line.replaceAll('\n', '\n  ')}`).join('\n')
}
