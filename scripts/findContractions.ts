/** Statements after which a server of the version before can't work any more, or that wait for it. */
const CONTRACTIONS: readonly (readonly [string, RegExp])[] = [
  ['drops a table', /\bDROP\s+TABLE\b/i],
  ['drops a column', /\bDROP\s+COLUMN\b/i],
  ['drops a type', /\bDROP\s+TYPE\b/i],
  ['renames', /\bRENAME\s+(?:TO|COLUMN|CONSTRAINT|VALUE)\b/i],
  ['changes the type of a column', /\bALTER\s+COLUMN\s+\S+\s+(?:SET\s+DATA\s+)?TYPE\b/i],
  ['makes a column required', /\bSET\s+NOT\s+NULL\b/i],
  ['drops a default', /\bDROP\s+DEFAULT\b/i],
  ['adds a required column without a default', /\bADD\s+COLUMN\s+(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b/i],
]
/** The line by which a migration says that it contracts what an earlier one made unnecessary: its name, and a version that was released with it. */
const MARK = /^-- contracts (\S+), released in \d+\.\d+\.\d+/m

/**
 * What a migration takes away from servers of the version before, which work on the same database during an upgrade; empty if it only
 * adds, or is marked as the contraction of an earlier migration.
 *
 * @param earlier the names of the migrations before it
 */
export function findContractions(sql: string, earlier: readonly string[]): string[] {
  const contracted = MARK.exec(sql)?.[1]
  if (contracted !== undefined)
    return earlier.includes(contracted) ? [] : [`contracts ${contracted}, which is no earlier migration`]
  const statements = sql.replaceAll(/--.*$/gm, '')
  return CONTRACTIONS.filter(([, pattern]) => pattern.test(statements)).map(([what]) => what)
}
