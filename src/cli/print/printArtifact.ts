import type { Artifact, ArtifactDetail } from '@pawl/sdk'
import type { Colors, Printer } from '../terminal/printer.ts'
import { printTable } from '../terminal/table.ts'
import { safeText } from '../terminal/width.ts'
import { describeRemoval } from './printRemoval.ts'

/** One line about a file: whether it is valid, its path, size and hash. */
export function artifactLine(colors: Colors, artifact: Artifact): string {
  const { path, size, sha256, isValid: valid } = artifact
  const mark = valid ? colors.green('✔') : colors.red('✘')
  return `${mark} ${colors.bold(safeText(path))}  ${formatSize(size)}  ${colors.dim(`sha256 ${sha256.slice(0, 12)}`)}`
}

/** Why a file has no content, to stand behind what has none; what is kept of it is its hash. */
export function describeLack({
  contentRemoval,
  sha256,
}: Pick<ArtifactDetail, 'contentRemoval' | 'sha256'>): string {
  const why = contentRemoval ? describeRemoval(contentRemoval) : 'is not kept'
  return `${why}; its hash is kept: sha256 ${sha256}`
}

/** What is wrong with a file, one line each. */
export function problemLines({ problems }: Artifact): string[] {
  return problems.map(({ path, message }) =>
    path ? `${safeText(path)}: ${safeText(message)}` : safeText(message),
  )
}

/** Files of a run, one a line. */
export function printArtifacts(printer: Printer, artifacts: readonly Artifact[]): void {
  const { colors } = printer
  const rows = artifacts.map((artifact) => [
    printer.ids(artifact.id),
    artifact.phase.key,
    `${artifact.round}.${artifact.attempt}`,
    safeText(artifact.path),
    formatSize(artifact.size),
    artifact.isValid ? colors.green('valid') : colors.red(problemLines(artifact)[0] ?? 'invalid'),
  ])
  printTable(printer, ['ARTIFACT', 'PHASE', 'ROUND.ATTEMPT', 'PATH', 'SIZE', ''], rows)
}

/** A size in its largest unit. */
function formatSize(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}
