/** A folder or a file of a tree. */
export interface TreeNode {
  /** The name of a file, or of a folder and of those below it that hold nothing else: `src/run`. */
  readonly name: string
  /** The path of a file; undefined for a folder. */
  readonly path?: string
  readonly children: readonly TreeNode[]
}

interface Folder {
  readonly folders: Map<string, Folder>
  readonly files: string[]
}

/** The tree of some paths: folders first, both by name. */
export function buildTree(paths: readonly string[]): readonly TreeNode[] {
  const root: Folder = { folders: new Map(), files: [] }
  for (const path of paths) {
    let folder = root
    for (const name of path.split('/').slice(0, -1)) {
      const next = folder.folders.get(name) ?? { folders: new Map(), files: [] }
      folder.folders.set(name, next)
      folder = next
    }
    folder.files.push(path)
  }
  return toNodes(root)
}

function toNodes({ folders, files }: Folder): TreeNode[] {
  return [
    ...[...folders].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => toFolder(name, folder)),
    ...files.toSorted().map((path) => ({ name: path.slice(path.lastIndexOf('/') + 1), path, children: [] })),
  ]
}

function toFolder(name: string, folder: Folder): TreeNode {
  const [only] = folder.folders
  if (folder.files.length === 0 && folder.folders.size === 1 && only)
    return toFolder(`${name}/${only[0]}`, only[1])
  return { name, children: toNodes(folder) }
}
